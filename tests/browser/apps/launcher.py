"""The dashboard's server with a page for each of its hosts: what is drawn the address says, and the page what it hears.

/asked_page takes its analyses from the tests.
"""

import streamlit as st
from starlette.routing import Route

from dashboard.answering import asked_endpoint
from dashboard.frontdoor import MIDDLEWARE
from dashboard.lifespan import lifespan
from dashboard.routes import ROUTES


def _analyses():
    from tests.browser.apps.measured import ANALYSES

    return ANALYSES


app = st.App(
    "pages.py",
    routes=[Route("/unroll/asked/{name}", asked_endpoint(_analyses)), *ROUTES],
    middleware=MIDDLEWARE,
    lifespan=lifespan,
)
