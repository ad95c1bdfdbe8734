"""What is this list, what may it be used for, and who answers for it? A model card of each run."""

from hotspots.model_card.answers import read_card_answers
from hotspots.model_card.card import CardField, ModelCard, make_card
from hotspots.model_card.fields import SCHEMA, SECTIONS

__all__ = ["SCHEMA", "SECTIONS", "CardField", "ModelCard", "make_card", "read_card_answers"]
