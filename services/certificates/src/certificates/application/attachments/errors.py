"""Problems of attachments. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, RateLimited, ValidationFailed


class AttachmentNotFound(NotFound):
    """There is no such attachment, or it is not one this caller may see.

    Before an application has it, who uploaded it sees it; afterwards whoever sees the application. An upload that no
    application took is deleted after a day.
    """

    slug = "attachment-not-found"
    title = "There is no such attachment"
    title_hi = "ऐसा कोई संलग्नक नहीं है"


class AttachmentLinkNotFound(NotFound):
    """The link to an attachment is unknown or has ended; links live for five minutes. Ask for a new one."""

    slug = "attachment-link-not-found"
    title = "The link has ended"
    title_hi = "लिंक की अवधि समाप्त हो चुकी है"


class AttachmentSettled(Conflict):
    """The upload is complete; `state` says whether the file was taken. Begin another upload for another file."""

    slug = "attachment-settled"
    title = "The upload is complete"
    title_hi = "अपलोड पूरा हो चुका है"


class PiecesMissing(Conflict):
    """Not all pieces of the upload have arrived: `missing` names those to send, 50 at most; then complete it."""

    slug = "attachment-pieces-missing"
    title = "Pieces of the upload are missing"
    title_hi = "अपलोड के कुछ भाग अभी नहीं मिले हैं"


class BeingCompleted(Conflict):
    """Another request completes this upload just now; ask for its state in a moment."""

    slug = "attachment-being-completed"
    title = "The upload is being completed"
    title_hi = "अपलोड पूरा किया जा रहा है"
    retryable = True


class ContentDiffers(Conflict):
    """What arrived has another SHA-256 than was named. All pieces were dropped; send them again."""

    slug = "attachment-content-differs"
    title = "Another file arrived than was announced"
    title_hi = "बताई गई फ़ाइल से भिन्न फ़ाइल मिली"


class AttachmentNotReady(Conflict):
    """The file of this attachment cannot be read: it has not arrived whole, or it was refused."""

    slug = "attachment-not-ready"
    title = "The attachment cannot be read"
    title_hi = "संलग्नक पढ़ा नहीं जा सकता"


class PieceNotAcceptable(ValidationFailed):
    """The piece is none of this upload: its number or its size is another one."""

    slug = "attachment-piece-not-acceptable"
    title = "The piece is not acceptable"
    title_hi = "यह भाग स्वीकार्य नहीं है"


class TooManyUploads(RateLimited):
    """The centre has 200 uploads that belong to no application. Use them; the others are deleted after a day."""

    slug = "too-many-uploads"
    title = "There are too many unused uploads"
    title_hi = "बहुत अधिक अप्रयुक्त अपलोड हैं"
