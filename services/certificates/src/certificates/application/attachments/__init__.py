"""Attachments: the papers that are shown with an application, as files."""
