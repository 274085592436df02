"""Devices, browsers and operating systems: families, rates, and differences adjusted for strata."""
