from relay_actors.stats import Stats


def test_a_client_begins_with_nothing_counted() -> None:
    for value in vars(Stats()).values():
        assert not value


def test_two_clients_count_apart() -> None:
    first, second = Stats(), Stats()
    first.calls_ended["hangup"] += 1
    first.calls_offered += 1
    assert second.calls_ended["hangup"] == 0
    assert second.calls_offered == 0
