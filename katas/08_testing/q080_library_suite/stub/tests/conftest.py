"""The fixtures for all tests of the library. README.md says what each of them is."""
