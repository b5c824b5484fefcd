"""The dashboard's server with one page: the search tree of the question in the address, and what Python hears of it."""

import streamlit as st

from dashboard.frontdoor import MIDDLEWARE
from dashboard.lifespan import lifespan
from dashboard.routes import ROUTES

app = st.App("search_page.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
