"""What builds the deployable bundle. Runs on a developer's machine and in CI, never on Lambda."""
