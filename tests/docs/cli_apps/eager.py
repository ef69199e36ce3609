"""An app that connects when it is imported."""

from relay_runtime import RelayClient

client = RelayClient(contexts=["office"])

client.run()
