"""Launcher: a bare `streamlit run` in this folder starts the dashboard, its routes and its training workers."""

import streamlit as st

from dashboard.frontdoor import MIDDLEWARE
from dashboard.lifespan import lifespan
from dashboard.routes import ROUTES

app = st.App("dashboard/main.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
