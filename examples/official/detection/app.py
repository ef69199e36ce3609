"""Calls a number and tells a person from a machine: talks to the one, leaves a message with the other."""

import os

from relay_runtime import RelayClient

US = os.environ.get("RELAY_FROM_NUMBER", "+15550100099")
THEM = os.environ.get("RELAY_TO_NUMBER", "+15550100001")


def main() -> None:
    with RelayClient() as client:
        call = client.dial([[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 30}}]])
        detector = call.detect_answering_machine(timeout=30)
        answer = detector.wait(timeout=45)
        print(f"{answer.event} answered")
        if answer.event == "HUMAN":
            call.play_tts("Hello! Your order has arrived.").wait()
        elif answer.event == "MACHINE":
            ready = detector.wait_for_ready(timeout=45)
            if ready.event == "READY" or ready.beep:
                call.play_tts("This is a message: your order has arrived.").wait()
                print("left a message")
        call.hangup()
        print(f"the call ended: {call.wait_for_ended(timeout=10).end_reason}")


if __name__ == "__main__":
    main()
