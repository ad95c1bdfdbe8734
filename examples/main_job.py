"""The main job in a notebook: from a simulated year of one borough to a folder for the meeting.

Run `python examples/main_job.py FOLDER`; with your own file, replace the first step by
`reading = hs.read_incidents("calls.csv")`.
"""

# %% What do we have?
import sys

import hotspots as hs

simulated = hs.simulate_incidents(9_000, boroughs=["Camden"], rng=1)
print(simulated)

# %% When do reports come?
profile = hs.week_profile(simulated.incidents).loc["all"] / hs.exposure("2025-01-01", "2026-01-01")
print(f"busiest hour of the week: {profile.idxmax()} with {profile.max():.1f} reports an hour")

# %% Where should a team be, and at which hours?
analysis = hs.analyse(simulated.incidents, boroughs=["Camden"], progress=False)
print(analysis.hotspots[["name", "hours", "expected_per_week", "n", "n_nights"]].head())
print(analysis.tasks[["name", "tour", "days", "hours", "visits_per_week"]].head())

# %% Why is this place on the list?
print(analysis.explain("Camden 1"))

# %% Hand it over.
print(analysis.save(sys.argv[1] if len(sys.argv) > 1 else "camden-simulated"))
