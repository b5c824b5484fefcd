"""The sections of the gradient-flow view: which is shown, what it asks of the person, its panels and its texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.training.config import TrainingConfig
from dashboard import state
from dashboard.explanations import LESSONS
from dashboard.measurements import loss_steps, receipts_at_start
from dashboard.readings import receipt_sentence
from dashboard.situations import CLIPPED_OR_NOT
from dashboard.widgets.address import set_values
from dashboard.widgets.anatomy_panels import powers_panels, reach_panels, why_panels
from dashboard.widgets.gradient_page import DIRECTIONS, SECTIONS, GradientPage
from dashboard.widgets.gradient_panels import LAYERS, initial_panels, layer_panels, live_panels, place_name
from dashboard.widgets.lesson import lesson_texts
from dashboard.widgets.live_figures import LiveResult, Panel
from dashboard.widgets.reading import reading
from dashboard.widgets.run_controls import start
from dashboard.widgets.training_panels import clipping_panels, remedies_panels, weights_panels
from dashboard.widgets.treatment import outcomes, treatment


def section_control() -> None:
    """Which section is shown, and the question that it answers."""
    st.segmented_control(
        "Section", list(SECTIONS), format_func=SECTIONS.__getitem__, key="show", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.markdown(LESSONS[st.session_state["show"]].question)


def section_controls(page: GradientPage, fields: Sequence[Any]) -> None:
    """What the section lets a person choose."""
    if page.show not in ("powers", "clipping", "weights"):
        _place_controls(page.config)
    controls: dict[str, Callable[[], None]] = {
        "reach": lambda: _reach_controls(page, fields),
        "clipping": lambda: _clipping_controls(fields),
        "remedies": lambda: _patient_control(page.config),
        "powers": lambda: _radius_control(),
    }
    controls.get(page.show, lambda: None)()


def _place_controls(config: TrainingConfig) -> None:
    """Layer and direction, where there is more than one."""
    first = config.models[0]
    if first.layers == 1 and not first.bidirectional:
        return
    with st.container(horizontal=True):
        if first.layers > 1:
            st.segmented_control("Layer", range(1, first.layers + 1), key="layer", required=True)
        if first.bidirectional:
            st.segmented_control("Direction", list(DIRECTIONS), key="direction", required=True)


def _reach_controls(page: GradientPage, fields: Sequence[Any]) -> None:
    if loss_steps(page.config.task) == 1:
        st.info(
            "This task has one loss, at the last timestep, so the matrix would have one row: "
            "the curve that *Compare* shows. Give it a loss at every timestep, or read real text."
        )
        with st.container(horizontal=True):
            st.button("A loss at every timestep", key="loss-everywhere", icon=":material/table_rows:",
                      on_click=_set, args=({"loss_at": "all"},))  # fmt: skip
            st.button("Read real text", key="real-text", icon=":material/article:", on_click=set_values,
                      args=(fields, {"task": "next_character", "T": 50}))  # fmt: skip
    st.number_input("Example of the batch", 1, page.config.batch_size, key="example", width=190)


def _clipping_controls(fields: Sequence[Any]) -> None:
    st.button("Exploding, with and without clipping", key="clip-or-not", icon=":material/compare_arrows:",
              on_click=_train, args=(fields, CLIPPED_OR_NOT))  # fmt: skip


def _patient_control(config: TrainingConfig) -> None:
    if len(config.models) > 1:
        st.segmented_control(
            "Patient", range(1, len(config.models) + 1), key="patient", required=True,
            format_func=lambda position: config.models[position - 1].label,
        )  # fmt: skip


def _radius_control() -> None:
    st.slider("Spectral radius ρ of W_hh", 0.5, 1.5, step=0.01, key="rho")


def _set(values: dict[str, Any]) -> None:
    st.session_state.update(values)


def _train(fields: Sequence[Any], values: dict[str, Any]) -> None:
    set_values(fields, values)
    start(fields)


def section_panels(page: GradientPage) -> list[Panel]:
    """The section's pictures, in order."""
    panels: dict[str, Callable[[], list[Panel]]] = {
        "compare": lambda: _compare_panels(page),
        "why": lambda: why_panels(page),
        "reach": lambda: reach_panels(page, loss_steps(page.config.task)),
        "clipping": lambda: clipping_panels(page),
        "remedies": lambda: remedies_panels(page),
        "weights": lambda: weights_panels(page),
        "powers": lambda: powers_panels(page),
    }
    return panels[page.show]()


def _compare_panels(page: GradientPage) -> list[Panel]:
    place = (page.layer, page.direction)
    if page.run:
        panels = live_panels(page.config, page.flows, page.task, *place)
    else:
        panels = initial_panels(page.config, page.flows, *place)
    return [*panels, *layer_panels(page.config, page.flows)]


def choose_place() -> None:
    """Look at the layer and direction of the curve that was clicked. A callback, before the controls are drawn."""
    click = st.session_state[state.LIVE_FIGURES].get("click") or {}
    if not str(click.get("panel", "")).startswith(LAYERS):
        return
    for layer in range(4):
        for direction, name in enumerate(DIRECTIONS):
            if click.get("series") == place_name(layer, direction):
                st.session_state.update({"layer": layer + 1, "direction": name})


def section_reading(page: GradientPage, result: LiveResult, fields: Sequence[Any]) -> None:
    """What stands under the pictures: sentences, outcomes, treatments, the receipt."""
    if page.show == "compare":
        reading(page, result.scrub)
    if page.show in ("clipping", "remedies") and page.run:
        outcomes(page.run)
    if page.show == "remedies":
        treatment(page, fields)


def lesson(page: GradientPage) -> None:
    """The receipt, what one sees, and what to try."""
    receipt = st.expander("Receipt: the same numbers the slow way", icon=":material/receipt_long:", on_change="rerun")
    if receipt.open:
        with receipt:
            for model, paper in zip(page.config.models, receipts_at_start(page.config), strict=True):
                st.markdown(receipt_sentence(model.label, paper))
    lesson_texts(LESSONS[page.show])
