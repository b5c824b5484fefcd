"""The dashboard's server with one page of asked figures, whose analyses are the tests' own."""

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
    "asked_page.py",
    routes=[Route("/unroll/asked/{name}", asked_endpoint(_analyses)), *ROUTES],
    middleware=MIDDLEWARE,
    lifespan=lifespan,
)
