"""The frame: page settings and the menu over the views."""

from pathlib import Path

import streamlit as st

VIEWS = (
    ("home", "Home", ":material/home:", None),
    ("gradient_flow", "Gradient flow", ":material/trending_down:", "gradient-flow"),
    ("gates", "Gates", ":material/tune:", "gates"),
)

st.set_page_config(page_title="Unroll", page_icon="➰", layout="wide")
pages = [
    st.Page(f"views/{name}.py", title=title, icon=icon, url_path=url_path, default=url_path is None)
    for name, title, icon, url_path in VIEWS
    if (Path(__file__).parent / "views" / f"{name}.py").exists()
]
st.navigation(pages).run()
