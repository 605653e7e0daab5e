"""What a plan will take before anything is edited, and how far off that was afterwards."""

from localizer.estimates.estimating import Estimator
from localizer.estimates.model import Estimate, Part, Way

__all__ = ["Estimate", "Estimator", "Part", "Way"]
