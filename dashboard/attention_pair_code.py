"""Show the code: an encoder–decoder on the pairs that are shown, in plain PyTorch, without this project."""

from __future__ import annotations

from string import ascii_uppercase

from core.models.seq2seq_config import Seq2SeqConfig
from core.tasks.pair_interface import PACKS
from core.tasks.pairs import DATE_LANGUAGES, LANGUAGES, SYMBOL_TASKS, PairsConfig
from core.training.translation_config import TranslationConfig
from dashboard.attention_code_parts import attention_lines, bridge_line, layer_lines

ANSWERS = {"reverse": "source[::-1]", "copy": "source", "sort": "sorted(source)"}
MOST_STEPS = 1000
"""Of the code that is shown."""


def pairs_code(config: TranslationConfig, model: int) -> str:
    """About 50 lines that learn these pairs and print where the model looked for one that it never learnt."""
    chosen, task = config.models[model], config.task
    return f"""{_imports(task)}

random.seed({config.seed}), torch.manual_seed({config.seed})
{_pairs(task)}
random.shuffle(pairs)
learnt = [pair for pair in pairs if pair[0] != pairs[0][0]]     # the first pair is held out
known = [{{one: place for place, one in enumerate(sorted({{one for text in side for one in split(text)}}), 3)}}
         for side in zip(*pairs)]                               # 0 pads, 1 starts, 2 stops

def coded(texts, places):                                       # (N, longest), each with its stop
    return pad_sequence([torch.tensor([*map(places.get, split(text)), 2]) for text in texts], batch_first=True)

H, N = {chosen.hidden_size}, {config.batch_size}
{layer_lines(chosen)}
optimizer = torch.optim.Adam(modules.parameters(), lr={config.learning_rate:g})

def forward(source, target):
    packed = pack_padded_sequence(embed(source), (source > 0).sum(1), batch_first=True, enforce_sorted=False)
    outputs, last = encoder(packed)
    outputs, _ = pad_packed_sequence(outputs, batch_first=True)                          # (N, S, H)
{bridge_line(chosen)}
    starts = torch.ones(len(source), 1, dtype=torch.long)
    states, _ = decoder(write(torch.cat((starts, target[:, :-1]), 1)), first)            # (N, T, H)
{attention_lines(chosen)}

for step in range({min(config.steps, MOST_STEPS)} + 1):
    source, target = map(coded, zip(*random.choices(learnt, k=N)), known)
    logits, _ = forward(source, target)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(modules.parameters(), {config.max_norm:g})
    optimizer.step()
right = (logits.argmax(-1) == target)[target > 0].float().mean()
print(f"loss {{loss:.3f}} nats a token, {{right:.1%}} of the last batch's tokens right")
{_looks(chosen)}"""


def unshown(config: TranslationConfig, model: int) -> list[str]:
    """What the model or its training has and the code has not, for people."""
    chosen, task = config.models[model], config.task
    parts = {
        "input feeding (which needs a loop over rows)": chosen.input_feeding,
        "teacher forcing below 1 (the right tokens are fed)": config.teacher_forcing < 1,
        "accuracy by length": bool(config.test_length),
        "[unk] for what only held-out pairs have (all tokens are known)": task.name not in SYMBOL_TASKS,
        f"steps beyond {MOST_STEPS}": config.steps > MOST_STEPS,
    }
    return [what for what, is_left_out in parts.items() if is_left_out]


def _imports(task: PairsConfig) -> str:
    own = {"dates": "from datetime import date\n", "own": "import csv\n"}.get(task.name, "")
    own += "import gettext\nfrom pathlib import Path\n" if task.name == "interface" else ""
    own += "import re\n" if task.level == "word" or task.name == "interface" else ""
    third = {"dates": "from babel.dates import format_date\n", "names": "from babel import Locale\n"}.get(task.name, "")
    third += f"import {_pack(task)}\n" if task.name == "interface" else ""
    return f"""import random
{own}import torch
{third}from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence"""


def _pairs(task: PairsConfig) -> str:
    """Lines that make `pairs` and `split`."""
    made = {"dates": _dates, "names": _names, "interface": _interface, "own": _own}.get(task.name, _symbols)(task)
    if task.level == "word":
        return rf"""def split(text):
    return re.findall(r"[\u4e00-\u9fff]|\w+|[^\w\s]", text)     # of Chinese, each character
{made}"""
    return f"split = list                                                    # a token is a character\n{made}"


def _symbols(task: PairsConfig) -> str:
    return f"""def pair():
    source = random.choices("{ascii_uppercase[: task.symbols]}", k=random.randint({task.min_length}, {task.max_length}))
    return "".join(source), "".join({ANSWERS[task.name]})
pairs = [pair() for _ in range(20_000)]"""


def _dates(task: PairsConfig) -> str:
    wanted = task.language or DATE_LANGUAGES[0]
    languages = " ".join(DATE_LANGUAGES[1:] if wanted == "mixed" else (wanted,))
    return f"""def pair():
    day = date.fromordinal(random.randint(date(1940, 1, 1).toordinal(), date(2039, 12, 31).toordinal()))
    language = random.choice("{languages}".split())
    return format_date(day, random.choice(["medium", "long", "full"]), language), day.isoformat()
pairs = [pair() for _ in range(20_000)]"""


def _names(task: PairsConfig) -> str:
    return f"""english, other = Locale.parse("en"), Locale.parse("{task.language or LANGUAGES["names"][0]}")
pairs = [(name, getattr(other, part)[key]) for part in ("territories", "languages", "scripts", "currencies")
         for key, name in getattr(english, part).items() if key in getattr(other, part)]"""


def _pack(task: PairsConfig) -> str:
    return PACKS[task.language or LANGUAGES["interface"][0]]


def _interface(task: PairsConfig) -> str:
    return f"""files = Path({_pack(task)}.__file__).parent.rglob("*.mo")
messages = [item for path in files for item in gettext.GNUTranslations(path.open("rb"))._catalog.items()]
pairs = [(one, said) for one, said in messages if isinstance(one, str) and one and said
         and 2 <= len(one.split()) <= 12 and len(one) <= 80 and not re.search("[%{{}}<>\\\\n&]", one + said)]"""


def _own(task: PairsConfig) -> str:
    return """with open("pairs.csv", encoding="utf-8", newline="") as file:    # your file; delimiter="\\t" for TSV
    pairs = [(row[0], row[1]) for row in csv.reader(file) if len(row) > 1 and row[0] and row[1]]"""


def _looks(model: Seq2SeqConfig) -> str:
    if model.attention == "none":
        return ""
    return """source, target = pairs[0]
_, weights = forward(coded([source], known[0]), coded([target], known[1]))
for said, row in zip([*split(target), "[stop]"], weights[0]):
    print(said, "<-", [*split(source), "[stop]"][row.argmax()], f"{row.max():.2f}")
"""
