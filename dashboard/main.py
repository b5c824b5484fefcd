"""The frame: page settings and the menu over the views."""

from pathlib import Path

import streamlit as st

from dashboard.widgets.copy_link import copy_link

VIEWS = (
    ("home", "Home", ":material/home:", None),
    ("gradient_flow", "Gradient flow", ":material/trending_down:", "gradient-flow"),
    ("recurrence", "Recurrence", ":material/replay:", "recurrence"),
    ("truncation", "Truncation", ":material/content_cut:", "truncation"),
    ("gates", "Gates", ":material/tune:", "gates"),
    ("decoding", "Decoding", ":material/account_tree:", "decoding"),
    ("attention", "Sequence to sequence", ":material/translate:", "attention"),
    ("embeddings", "Embeddings", ":material/scatter_plot:", "embeddings"),
    ("summed_up", "RNNs summed up", ":material/checklist:", "summed-up"),
)

st.set_page_config(page_title="Unroll", page_icon="➰", layout="wide")
pages = [
    st.Page(f"views/{name}.py", title=title, icon=icon, url_path=url_path, default=url_path is None)
    for name, title, icon, url_path in VIEWS
    if (Path(__file__).parent / "views" / f"{name}.py").exists()
]
view = st.navigation(pages)
with st.sidebar:
    copy_link()
view.run()
