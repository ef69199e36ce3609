"""Calls somebody, begins to say a sentence, and leaves the ``with`` at once: what is up then is hung up."""

from relay_runtime import RelayClient

US, THEM = "+15550100099", "+15550100001"


def main() -> None:
    with RelayClient() as client:
        call = client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 30}}]])
        call.play_tts("Somebody is at your door.")
        print("the sentence has begun")
    print("disconnected")


if __name__ == "__main__":
    main()
