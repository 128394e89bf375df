"""The bodies of the native API, requests and responses; the one place where pydantic checks."""
