"""Reading the plans of a prepaid biller, as its operator offers them now."""

from collections.abc import Mapping
from dataclasses import dataclass

from billing.application.bills.errors import BillerNotFound
from billing.application.bills.ports import BillerNetwork, Plan
from billing.domain.tariff.billers import Biller
from servicekit.errors import FieldProblem, ValidationFailed


@dataclass(frozen=True)
class PlanReader:
    """Asks the biller network: no file could keep up with plans."""

    billers: Mapping[str, Biller]
    network: BillerNetwork

    def of(self, biller_id: str, circle: str) -> tuple[Plan, ...]:
        """The plans in a circle; none of a biller that has no plans.

        Raises BillerNotFound, ValidationFailed, BillRequestRefused, BillerUnavailable, BillerTimeout.
        """
        biller = self.billers.get(biller_id)
        if biller is None:
            raise BillerNotFound("No biller has this id; GET /v1/billers lists them.")
        if not biller.has_plans:
            return ()
        param = next((param for param in biller.customer_params if param.name == "circle"), None)
        if param and (problem := param.problem_with(param.read(circle))):
            raise ValidationFailed(problem.detail, errors=[FieldProblem("?circle", problem.code, problem.detail)])
        return self.network.plans(biller, param.read(circle) if param else circle)
