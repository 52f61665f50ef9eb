"""The ``blas_lapack`` namespace: libraries of linear algebra that an environment or the system has.

The provider is a rule, which says by name what is looked for; no library is loaded.
"""

from whichwheel.target.rules.shipped_rules import shipped_provider

__all__ = ["PROVIDER"]

PROVIDER = shipped_provider("blas_lapack")
