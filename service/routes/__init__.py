"""The routes of the native API and of the pages, one router a noun."""
