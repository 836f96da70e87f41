"""Site life: who mines on the first day, and who may open later.

A site works one to four leach blocks, with a gap of months between them, and is then exhausted. Initial ages
come from the stationary law of that life: sites are picked in proportion to how long they live and met at a
uniform moment of it, so the stock of sites is steady when openings replace what is worked out. Capacities
are log-normal around the evidence's mean and scaled so that a district's total is exactly sites x mean:
customs observes the total, nobody the split. Block tonnage is proportional to capacity, so life does not
depend on size.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.changes import NewSites
from sim.streams import Streams
from sim.world import District, Mining, World

Floats = NDArray[np.float64]

DEVELOPING, OPERATING, SHUT_IN, RESTARTING, BETWEEN_BLOCKS, EXHAUSTED, CANDIDATE = range(7)
HEADINGS = ("oxide", "compound")

_LIVES = 2000
"""Lives drawn to stand for the stationary law: the mean age then errs by about a hundredth."""


@dataclass
class Population:
    """Every site of a run, one row each: the first ones, those in building, and those that may open; sites of
    one district and heading next to each other.

    All arrays have shape (n,) except blocks_t (n, max_blocks) and gaps_d (n, max_blocks - 1). Tonnes are
    gross tonnes of the site's own heading. until_d: when the status ends by itself (inf if it does not).
    opens_d, mark: when a candidate would open, and the uniform number that the rate must exceed. rank: the
    uniform number that decides which sites a halt of a share of them stops. project: number of the event that
    may open the site, -1 for none.
    """

    district: NDArray[np.int64]
    heading: NDArray[np.int64]
    status: NDArray[np.int8]
    capacity_t_per_d: Floats
    reo_per_t: Floats
    cost_cny_per_t: Floats
    born_d: Floats
    until_d: Floats
    restart_d: Floats
    blocks_t: Floats
    gaps_d: Floats
    block: NDArray[np.int64]
    blocks: NDArray[np.int64]
    left_t: Floats
    opens_d: Floats
    mark: Floats
    rank: Floats
    project: NDArray[np.int64]

    @property
    def working(self) -> NDArray[np.bool_]:
        """Sites at work."""
        working: NDArray[np.bool_] = self.status == OPERATING
        return working

    @property
    def living(self) -> NDArray[np.bool_]:
        """Sites that hold rights: at work, shut in, restarting, or between two blocks."""
        held: NDArray[np.bool_] = (self.status >= OPERATING) & (self.status <= BETWEEN_BLOCKS)
        return held

    def part(self, share: Floats) -> list[int]:
        """Part a share of the sites of each district from the others: the rows of those not yet exhausted.

        Either part ranks anew, so that a later share is one of what is left.
        """
        shares = share[self.district]
        gone = self.rank < shares
        left = ~gone
        rows: list[int] = np.flatnonzero(gone & (self.status != EXHAUSTED)).tolist()
        self.rank[left] = (self.rank[left] - shares[left]) / (1.0 - shares[left])
        self.rank[gone] /= shares[gone]
        return rows

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """All rows of several populations, in order."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    def by_pool(self) -> Self:
        """The same rows, those of a district and heading next to each other."""
        order = np.argsort(self.pool, kind="stable")
        return type(self)(*(getattr(self, f.name)[order] for f in fields(self)))

    @property
    def pool(self) -> NDArray[np.int64]:
        """Number of the pool of each site: its district and heading."""
        return self.district * len(HEADINGS) + self.heading


def draw(world: World, streams: Streams) -> Population:
    """The population of one replication; each district draws from streams of its own name.

    Sites that events may open stand after the others of their pool.
    """
    rows = [_district(world, index, district, streams) for index, district in enumerate(world.districts)]
    places = {district.name: index for index, district in enumerate(world.districts)}
    for number, one in enumerate(_openings(world)):
        rows.append(_newcomers(world, places[one.district], one, streams))
        rows[-1].project[:] = number
    return Population.join(rows).by_pool()


def projects(world: World, population: Population) -> dict[str, list[int]]:
    """Event -> the rows of the sites it may open."""
    return {
        one.id: np.flatnonzero(population.project == number).tolist()
        for number, one in enumerate(_openings(world))
    }


def _openings(world: World) -> list[NewSites]:
    return [effect for effect in world.effects if isinstance(effect, NewSites) and effect.number]


def _newcomers(world: World, index: int, one: NewSites, streams: Streams) -> Population:
    """Sites that an event may open in a district, all untouched."""
    district = replace(world.districts[index], name=f"{one.district}.{one.id}", sites=one.number)
    mining = replace(world.mining, build_d=0.0, opening_rate_cap=0.0)
    sites = _district(replace(world, mining=mining), index, district, streams)
    sites.status[:], sites.block[:] = CANDIDATE, 0
    sites.born_d[:] = sites.until_d[:] = np.inf
    sites.left_t[:] = sites.blocks_t[:, 0]
    return sites


def life_d(mining: Mining, season: float) -> float:
    """Mean life of a site in days; `season` is the mean output factor of a year.

    A block takes its tonnage over capacity, and longer by the drain time in which its first liquor builds up.
    """
    block_t = mining.block_tonnage_t * np.exp(mining.block_sigma**2 / 2)
    block_d = block_t / (mining.capacity_t_per_d * season) + mining.drain_d
    return float(mining.blocks_per_site * block_d + (mining.blocks_per_site - 1) * mining.block_gap_d)


def mean_season(world: World) -> float:
    """Mean output factor of a year, over the normal and severe monsoons that sites are used to."""
    return float(np.mean(world.seasons.usual_output))


def _district(world: World, index: int, district: District, streams: Streams) -> Population:
    """First sites, sites in building and candidates of one district, in that order."""
    mining = world.mining

    def rng(what: str) -> np.random.Generator:
        return streams.generator(f"sites.{district.name}.{what}")

    horizon_d = world.warmup_d + world.days
    per_d = district.sites / life_d(mining, mean_season(world))
    openings = _candidate_days(rng("openings"), per_d * mining.opening_rate_cap, horizon_d)
    building = round(per_d * mining.build_d)
    n = district.sites + building + openings.size

    size = np.exp(mining.capacity_sigma * rng("capacity").standard_normal(n) - mining.capacity_sigma**2 / 2)
    if district.sites:
        size[: district.sites] /= size[: district.sites].mean()
    heading = (rng("heading").random(n) < mining.compound_site_share).astype(np.int64)
    reo_per_t = np.array([world.assay.reo_per_t[name] for name in HEADINGS])[heading]
    gross = world.assay.reo_per_t["oxide"] / reo_per_t
    cost_shape = np.exp(mining.cost_sigma * rng("cost").standard_normal(n) - mining.cost_sigma**2 / 2)
    block_law, blocks, gaps = _lives(mining, rng("life"), n)
    population = Population(
        district=np.full(n, index),
        heading=heading,
        status=np.full(n, CANDIDATE, dtype=np.int8),
        capacity_t_per_d=mining.capacity_t_per_d * size * gross,
        reo_per_t=reo_per_t,
        cost_cny_per_t=mining.cash_cost_cny_per_t * cost_shape / gross,
        born_d=np.full(n, np.inf),
        until_d=np.full(n, np.inf),
        restart_d=_gamma(rng("restart"), mining.restart_d, mining.restart_cv, n),
        blocks_t=block_law * (size * gross)[:, None],
        gaps_d=gaps,
        block=np.zeros(n, dtype=np.int64),
        blocks=blocks,
        left_t=np.zeros(n),
        opens_d=np.full(n, np.inf),
        mark=rng("mark").random(n),
        rank=rng("rank").random(n),
        project=np.full(n, -1),
    )
    first, later = slice(0, district.sites), slice(district.sites, district.sites + building)
    _set_ages(population, first, mining, mean_season(world), rng("age"))
    population.status[later] = DEVELOPING
    population.until_d[later] = mining.build_d * (2 * np.arange(building) + 1) / max(2, 2 * building)
    population.opens_d[district.sites + building :] = openings
    population.left_t[later.start :] = population.blocks_t[later.start :, 0]
    return population


def _gamma(rng: np.random.Generator, mean: float, cv: float, n: int) -> Floats:
    """Gamma numbers with that mean and coefficient of variation."""
    return rng.gamma(cv**-2, mean * cv**2, n) if cv else np.full(n, mean)


def _candidate_days(rng: np.random.Generator, per_d: float, horizon_d: int) -> Floats:
    """Days at which a site would open if openings ran at their highest rate: a Poisson process."""
    count = rng.poisson(per_d * horizon_d)
    return np.sort(rng.random(count) * horizon_d)


def _lives(mining: Mining, rng: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Block tonnages of a site of mean size (n, max_blocks), number of blocks (n,), gaps in days."""
    most = mining.max_blocks
    tonnage = mining.block_tonnage_t * np.exp(mining.block_sigma * rng.standard_normal((n, most)))
    blocks = 1 + rng.binomial(most - 1, (mining.blocks_per_site - 1) / (most - 1), n)
    spread = mining.block_gap_spread * (2 * rng.random((n, most - 1)) - 1)
    gaps = mining.block_gap_d * (1 + spread)
    return tonnage, blocks, gaps


def _set_ages(
    sites: Population, rows: slice, mining: Mining, season: float, rng: np.random.Generator
) -> None:
    """Put the sites of `rows` at stationary moments of stationary lives."""
    n = rows.stop - rows.start
    tonnage, blocks, gaps = _lives(mining, rng, _LIVES)
    block_d = tonnage / (mining.capacity_t_per_d * season) + mining.drain_d
    ends = _phase_ends(block_d, gaps, blocks)
    chosen = np.searchsorted(np.cumsum(ends[:, -1]), rng.random(n) * ends[:, -1].sum())
    tonnage, blocks, gaps, ends = tonnage[chosen], blocks[chosen], gaps[chosen], ends[chosen]
    age = rng.random(n) * ends[:, -1]
    phase = (ends <= age[:, None]).sum(axis=1)
    rest_d = ends[np.arange(n), phase] - age
    working = phase % 2 == 0
    left_share = np.minimum(1.0, rest_d / (block_d[chosen][np.arange(n), phase // 2] - mining.drain_d))
    size = sites.capacity_t_per_d[rows] / mining.capacity_t_per_d
    sites.blocks[rows], sites.gaps_d[rows] = blocks, gaps
    sites.blocks_t[rows] = tonnage * size[:, None]
    sites.block[rows] = phase // 2
    sites.status[rows] = np.where(working, OPERATING, BETWEEN_BLOCKS)
    sites.until_d[rows] = np.where(working, np.inf, rest_d)
    sites.left_t[rows] = np.where(working, left_share * sites.blocks_t[rows][np.arange(n), phase // 2], 0.0)
    sites.born_d[rows] = -age


def _phase_ends(block_d: Floats, gaps_d: Floats, blocks: NDArray[np.int64]) -> Floats:
    """Ages at which block, gap, block, … end: shape (n, 2 max_blocks - 1); constant after the last block."""
    n, most = block_d.shape
    ends = np.zeros((2 * most - 1, n)).T  # by column: adding up whole columns is quick
    ends[:, 0::2] = np.where(np.arange(most) < blocks[:, None], block_d, 0.0)
    ends[:, 1::2] = np.where(np.arange(most - 1) < blocks[:, None] - 1, gaps_d, 0.0)
    for phase in range(1, 2 * most - 1):
        ends[:, phase] += ends[:, phase - 1]
    return ends
