"""The review page: a web app that shows the candidates of a run and takes a person's decision on them.

It knows nothing of Airflow: who calls, what they may do, where a run is kept and how it is answered comes
from a host, see `localizer.review.host`. The app is made by `localizer.review.app.review_app`.
"""
