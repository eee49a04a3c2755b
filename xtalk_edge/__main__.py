"""`python -m xtalk_edge` is the same as `xtalk-edge`."""

from xtalk_edge.cli.main import main

if __name__ == "__main__":
    main()
