"""Calls two numbers, one after the other or both at once, and says a sentence to whoever answers.

python app.py serial +15550100001 +15550100002
python app.py parallel +15550100001 +15550100002
"""

import sys

from relay_runtime import CALL_STATE_ANSWERED, DialFailed, RelayClient, parallel, phone, serial

US = "+15550100099"


def main(order: str, *numbers: str) -> None:
    group = {"serial": serial, "parallel": parallel}[order]
    devices = group(*(phone(number, from_number=US, timeout=20) for number in numbers))
    client = RelayClient()
    client.connect()
    print(f"connected: {client.relay_protocol}")
    try:
        call = client.dial(devices, max_duration=600, dial_timeout=60)
    except DialFailed as error:
        print(f"nobody answered: {error.reason}")
    except TimeoutError:
        print("nobody answered in time")
    else:
        call.wait_for("calling.call.state", lambda event: event.params["call_state"] == CALL_STATE_ANSWERED, 30)
        print(f"{call.to_number} answered")
        call.play_tts("This is a call for you.").wait(timeout=15)
        call.hangup()
        call.wait_for_ended(timeout=10)
        print("the call ended")
    finally:
        client.disconnect()


if __name__ == "__main__":
    main(*sys.argv[1:])
