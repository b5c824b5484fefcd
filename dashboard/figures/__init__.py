"""Figures: a record becomes a `go.Figure`. No streamlit, no torch."""
