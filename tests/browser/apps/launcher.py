"""The dashboard's server with one page: live figures of the run in the address, and what Python hears from them."""

import streamlit as st

from dashboard.routes import ROUTES
from dashboard.server import MIDDLEWARE, lifespan

app = st.App("live_page.py", routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan)
