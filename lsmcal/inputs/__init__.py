"""What comes from disk about the weather and the observations of a site.

A case describes its files with :class:`~lsmcal.inputs.spec.ForcingSpec` and
:class:`~lsmcal.inputs.spec.ObservationSpec`; :func:`lsmcal.inputs.read.read_forcing` and
:func:`lsmcal.inputs.observations.read_observations` do the rest.
"""
