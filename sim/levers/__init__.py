"""How each kind of event takes hold of the model.

A lever may only change state; the consequences are the model's. `state` tells what it has hold of, target by
target, in words, so that the timeline can show what changed.
"""

from collections.abc import Mapping
from typing import Any

from sim import changes
from sim.levers import actors, borders, india, market, mines
from sim.levers.base import Chain, Lever, RoadLimits, States

__all__ = ["LEVERS", "Chain", "Lever", "RoadLimits", "States"]

LEVERS: Mapping[type[changes.Effect], type[Any]] = {
    changes.GateClosure: borders.Closure,
    changes.GateCapacity: borders.Capacity,
    changes.GateOpening: borders.Opening,
    changes.ReagentEmbargo: borders.Embargo,
    changes.RoadDisruption: borders.Disruption,
    changes.ConvoyEscort: borders.Convoys,
    changes.TaxChange: actors.Tax,
    changes.ControlChange: actors.Hands,
    changes.ExportPolicy: actors.Policy,
    changes.BargainingRule: actors.Bargain,
    changes.Halt: mines.Halt,
    changes.NewSites: mines.Founding,
    changes.SiteClosure: mines.GivingUp,
    changes.DomesticQuota: market.DomesticOre,
    changes.ImportedOreQuota: market.ImportedOre,
    changes.SeparationOutage: market.Outage,
    changes.ExportLicensing: market.Licences,
    changes.OtherSupply: market.Elsewhere,
    changes.DemandShock: market.Demand,
    changes.StockpileTrade: market.Reserve,
    changes.DriverChange: market.Driver,
    changes.MarketNews: market.News,
    changes.RouteOpening: india.Opening,
    changes.ProcessingInvestment: india.Plant,
    changes.PricePremium: india.Premium,
    changes.ImportTariff: india.Tariff,
}
