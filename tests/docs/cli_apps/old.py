"""An app for greenlets."""

from app import Greeter as Base


class Greeter(Base):
    pass
