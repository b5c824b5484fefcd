"""The dashboard's server with one page: live figures of the run in the address, and what Python hears from them."""

import streamlit as st

from dashboard.frontdoor import MIDDLEWARE
from dashboard.lifespan import lifespan
from dashboard.routes import ROUTES

app = st.App("live_page.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
