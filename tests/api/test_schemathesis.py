"""IV15: every operation fuzzed from its own description: no fault of ours, and no answer that was not described."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from linktill.api.openapi import document
from linktill.api.routes import OPERATIONS
