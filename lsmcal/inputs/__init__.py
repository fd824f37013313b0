"""What comes from disk about the weather and the observations of a site.

A case describes its files with :class:`~lsmcal.inputs.station.spec.ForcingSpec` and
:class:`~lsmcal.inputs.station.spec.ObservationSpec`; :func:`lsmcal.inputs.station.read.read_forcing` and
:func:`lsmcal.inputs.observed.series.read_observations` do the rest.
"""
