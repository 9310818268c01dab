"""Where the files of attachments are, how they are sealed, and who looks into them."""
