"""Brands that share an installation and cannot see each other's files."""

from localizer.tenants.loading import FILE, installed_tenants, load_tenants
from localizer.tenants.model import TAG, Reviewer, Tenant

__all__ = ["FILE", "TAG", "Reviewer", "Tenant", "installed_tenants", "load_tenants"]
