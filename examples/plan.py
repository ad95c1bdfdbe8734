"""Who goes, and when? From the officers there are to visits, results and a trial.

Run `python examples/plan.py FOLDER`; with your own file, replace the first step by
`reading = hs.read_incidents("calls.csv")`, and the team by `hs.read_teams("teams.toml")`.
"""

# %% What was found?
import sys
from pathlib import Path

import hotspots as hs

home = Path(sys.argv[1] if len(sys.argv) > 1 else "camden-plan")
calls = hs.simulate_incidents(9_000, boroughs=["Camden"], rng=1).incidents
run = hs.analyse(calls, boroughs=["Camden"], progress=False)
saved = run.save(home / "analysis")

# %% Who is there, really?
team = hs.Team(
    "Camden",
    posts={"sergeant": 2, "pc": 12, "pcso": 6},
    vacancies={"pc": 3, "pcso": 2},
    tours=hs.read_tours(["early", "late", "night"]),
)
capacity = hs.team_capacity([team], start="2026-01-05")
print(capacity)

# %% What falls outside every tour of duty?
print(hs.find_shortfall(run.hotspots, run.found.week, capacity))

# %% Who goes where, and when?
plan = hs.replan(saved, hs.Planning(teams=[team], start="2026-01-05"))
print(plan)
print(plan.tasks[["name", "tour", "days", "hours", "visits", "options"]].head())
print(plan.left_out[["name", "reason"]].head())
folder = hs.save_plan(plan, home / "plan")

# %% What would more officers change?
print(plan.what_if([-3, 0, 3]))

# %% What came of it? Here as a team might have filled in the sheet.
sheet = plan.visits.assign(visited="yes", minutes=12, activity="patrol", outcome="moved on")
sheet = sheet.assign(supervisor="checked", advice="")
sheet.iloc[::3, sheet.columns.get_loc("visited")] = "no"
sheet.iloc[::3, sheet.columns.get_loc("minutes")] = 0
results = hs.read_task_results(sheet, folder)
print(results)

# %% The next plan carries it.
again = hs.replan(saved, hs.Planning(teams=[team], start="2026-01-19", results=results))
print(f"delivery: {team.delivery:.2f} as assumed, {again.capacity.teams[0].delivery:.2f} as shown")

# %% Did it help? Only a trial can tell; it is written down before it begins.
history = hs.hotspot_history(run.found, run.counts)
trial = hs.design_experiment(
    run.hotspots, history, start="2026-02-02", weeks=12, design="weeks", apart=150
)
print(trial)
print(trial.summary)
if not (home / "trial").exists():
    hs.save_experiment(trial, home / "trial")
