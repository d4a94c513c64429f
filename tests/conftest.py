"""Options of the whole test run."""


def pytest_addoption(parser):
    parser.addoption(
        "--golden-update", action="store_true", help="write the golden files instead of comparing"
    )
