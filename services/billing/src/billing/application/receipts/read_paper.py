"""The paper of a receipt's copy, as a PDF: made when it is asked for, of what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.errors import NoReceiptYet
from billing.application.payments.read_payments import PaymentReader
from billing.application.receipts.check_receipt import ReceiptChecker
from billing.application.receipts.errors import CopyNotFound, CopyTooOld, ReceiptNotPrintable
from billing.application.receipts.ports import Copies, NotPrintable, Papers, PaperSize
from billing.application.timeline.ports import Seal
from billing.domain.payer import Payer
from billing.domain.receipts.printed_receipt import COPY_LASTS, printed_receipt, signed_facts
from billing.domain.tariff.billers import Biller


@dataclass(frozen=True)
class PaperReader:
    """Gives papers. To ask for one again counts nothing: its copy was counted, and says which it is."""

    payments: PaymentReader
    copies: Copies
    checker: ReceiptChecker
    billers: Mapping[str, Biller]
    seal: Seal
    papers: Papers
    test: bool

    def pdf(self, payment_id: str, copy_id: str, payer: Payer, size: PaperSize, at: datetime) -> bytes:
        """The paper of a copy, while it is new: who prints later prints another copy, which is marked so.

        Raises PaymentNotFound, NoReceiptYet, CopyNotFound, CopyTooOld, ReceiptNotPrintable, and DependencyUnavailable
        while there is no key that signs the QR.
        """
        payment = self.payments.get(payment_id, payer)
        if payment.receipt is None:
            raise NoReceiptYet("The payment is not completed.")
        copy = self.copies.get(copy_id)
        if copy is None or copy.payment_id != payment_id:
            raise CopyNotFound("This payment has no such copy.")
        if at - copy.printed_at > COPY_LASTS:
            raise CopyTooOld("This copy was handed out: ask for another one, which is marked as a duplicate.")
        ending = self.checker.ending_of(payment)
        paper = printed_receipt(payment, copy, self.billers.get(payment.biller_id), ending, test=self.test)
        qr_text = self.seal.sign("receipt", signed_facts(payment, ending))
        try:
            return self.papers(paper, qr_text, size)
        except NotPrintable as error:
            raise ReceiptNotPrintable("The font of papers has the letters of Hindi and English.") from error
