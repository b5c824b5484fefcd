"""The dashboard's server with one page: a reader of the question in the address, and what Python hears from it."""

import streamlit as st

from dashboard.frontdoor import MIDDLEWARE
from dashboard.lifespan import lifespan
from dashboard.routes import ROUTES

app = st.App("reader_page.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
