"""Quality measures: perfect on equal logs, blind or not to a shuffle as they should be, and honest where data lack."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import RunError
from sandbox.interactions import Interactions
from sandbox.protocols import Query, Ranking
from sandbox.quality.detection import auc, copying, detectability, nearest
from sandbox.quality.logs import halves, of_users, run_log, shuffled, thinned
from sandbox.quality.measures import distances, gini, session_lengths
from sandbox.quality.usefulness import folded, usefulness
from sandbox.toy_run import write_toy_run

N_ITEMS, N_GROUPS = 60, 4
GENRES = np.eye(N_GROUPS)[np.arange(N_ITEMS) % N_GROUPS]


def grouped(n_users: int = 160, rows: int = 12, key: int = 1, loyal: float = 0.9) -> Interactions:
    """Return a log whose users mostly take items of their own group: structure that a shuffle destroys."""
    draw = np.random.Generator(np.random.Philox(key=key))
    taken = []
    for user in range(n_users):
        own = np.arange(N_ITEMS) % N_GROUPS == user % N_GROUPS
        chance = np.where(own, loyal / own.sum(), (1 - loyal) / (~own).sum())
        taken.append(draw.choice(N_ITEMS, rows, replace=False, p=chance / chance.sum()))
    user = np.repeat(np.arange(n_users), rows)
    rating = draw.integers(1, 6, n_users * rows).astype(float)
    time = np.tile(np.arange(rows) * 600, n_users)
    return Interactions(user, np.concatenate(taken), rating, time, n_users, N_ITEMS)


class Neighbours:
    """A recommender that adds up who was taken with whom."""

    def fit(self, log: Interactions) -> None:
        self.together = (log.matrix.T @ log.matrix).toarray()
        np.fill_diagonal(self.together, 0.0)

    def recommend(self, query: Query, k: int) -> Ranking:
        score = self.together[list(query.history)].sum(0)
        score[list(query.seen)] = -np.inf
        return Ranking.of(np.argsort(-score, kind="stable")[:k].tolist())


class TestLogs:
    """Cutting and shuffling."""

    @given(key=st.integers(0, 50))
    @settings(max_examples=15, deadline=None)
    def test_a_shuffle_keeps_popularity_and_activity_and_repeats_nothing(self, key: int) -> None:
        log = grouped(40, 12, key)
        dealt = shuffled(log, key)
        assert len(dealt) >= 0.99 * len(log)
        assert len(set(zip(dealt.user.tolist(), dealt.item.tolist(), strict=True))) == len(dealt)
        assert np.abs(np.bincount(dealt.user) - np.bincount(log.user)).sum() == len(log) - len(dealt)
        assert np.abs(np.bincount(dealt.item) - np.bincount(log.item)).sum() == len(log) - len(dealt)

    def test_halves_share_nobody_and_lose_nothing(self) -> None:
        log = grouped()
        one, two = halves(log, 3)
        assert len(one) + len(two) == len(log)
        assert one.n_users + two.n_users == log.n_users

    def test_chosen_users_are_renumbered(self) -> None:
        log = grouped(10)
        kept = of_users(log, np.array([2, 7]))
        assert kept.n_users == 2
        assert kept.of_user(1).item.tolist() == log.of_user(7).item.tolist()

    def test_thinning_keeps_order_and_number(self) -> None:
        log = grouped()
        few = thinned(log, 100, 1)
        assert len(few) == 100
        assert (np.diff(few.user) >= 0).all()
        assert thinned(log, 10**6, 1) is log


class TestMeasures:
    """Distances."""

    def test_a_log_is_at_no_distance_from_itself(self) -> None:
        log = grouped()
        for name, value in distances(log, log, GENRES).items():
            perfect = (
                1.0
                if name in ("popularity_spearman", "cooccurrence_r", "neighbour_overlap", "rating_mean_sd_ratio")
                else 0
            )
            assert value == pytest.approx(perfect), name

    def test_a_shuffle_passes_the_marginals_and_fails_the_structure(self) -> None:
        log = grouped()
        found = distances(shuffled(log, 1), log, GENRES)
        assert found["gini_gap"] == pytest.approx(0, abs=0.01)
        assert found["rating_tv"] == pytest.approx(0, abs=0.01)
        assert found["cooccurrence_r"] is not None
        assert found["cooccurrence_r"] < 0.3
        assert found["genre_entropy_ks"] is not None
        assert found["genre_entropy_ks"] > 0.5

    def test_real_halves_agree_well_but_never_perfectly(self) -> None:
        found = distances(*halves(grouped(), 1), GENRES)
        assert found["cooccurrence_r"] is not None
        assert 0.6 < found["cooccurrence_r"] < 1

    def test_a_log_without_ratings_has_no_rating_measure(self) -> None:
        log = grouped()
        bare = Interactions(log.user, log.item, np.full(len(log), np.nan), log.time, log.n_users, log.n_items)
        found = distances(bare, log, GENRES)
        assert found["rating_tv"] is None
        assert found["rating_mean_ks"] is None
        assert found["gini_gap"] == 0

    def test_gini(self) -> None:
        assert gini(np.ones(10)) == pytest.approx(0)
        assert gini(np.eye(10)[0]) == pytest.approx(0.9)

    def test_sessions_end_after_half_an_hour_and_with_the_user(self) -> None:
        user, time = np.array([0, 0, 0, 1, 1]), np.array([0, 60, 4000, 4000, 4100])
        log = Interactions(user, np.arange(5), np.ones(5), time, 2, 5)
        assert session_lengths(log).tolist() == [2, 1, 2]


class TestDetection:
    """The two-sample test and copies."""

    def test_two_draws_of_one_world_cannot_be_told_apart_and_two_worlds_can(self) -> None:
        same = detectability(grouped(key=1), grouped(key=2), GENRES)
        other = detectability(grouped(key=1, loyal=0.3), grouped(key=2), GENRES)
        assert same is not None
        assert other is not None
        assert 0.38 < same < 0.62
        assert other > 0.9

    def test_too_few_people_tell_nothing(self) -> None:
        assert detectability(grouped(10), grouped(100), GENRES) is None

    def test_auc(self) -> None:
        label = np.array([0.0, 0.0, 1.0, 1.0])
        assert auc(np.array([1.0, 2.0, 3.0, 4.0]), label) == 1.0
        assert auc(np.array([1.0, 3.0, 2.0, 4.0]), label) == 0.75
        assert auc(np.zeros(4), label) == 0.5

    def test_a_copy_is_found_out(self) -> None:
        log = grouped(30)
        found = copying(log, log, tuple(range(30)))
        assert (found["identical"], found["nearest_jaccard"]) == (1.0, 1.0)
        assert found["nearest_is_source"] == 1.0

    def test_overlap_is_jaccard_s(self) -> None:
        one = Interactions(np.zeros(3, int), np.array([0, 1, 2]), np.ones(3), np.arange(3), 1, 5)
        other = Interactions(np.zeros(3, int), np.array([1, 2, 3]), np.ones(3), np.arange(3), 1, 5)
        assert nearest(one, other).tolist() == [0.5]


class TestUsefulness:
    """Train on synthetic, test on real."""

    def test_another_draw_of_the_world_is_as_good_as_real_and_a_shuffle_is_worth_nothing(self) -> None:
        real, test = grouped(key=1), grouped(key=9)
        good = usefulness(grouped(key=2), real, test, {"together": Neighbours})
        bad = usefulness(shuffled(grouped(key=2), 5), real, test, {"together": Neighbours})
        assert isinstance(good["tstr_score"], float)
        assert isinstance(bad["tstr_score"], float)
        assert good["tstr_score"] == pytest.approx(1, abs=0.25)
        assert bad["tstr_score"] == pytest.approx(0, abs=0.25)

    def test_where_real_rows_teach_nothing_there_is_no_score_and_no_interval(self) -> None:
        tasteless = usefulness(grouped(key=2), grouped(key=1, loyal=0.25), grouped(key=9), {"together": Neighbours})
        assert (tasteless["tstr_score"], tasteless["tstr_ci"]) == (None, None)

    def test_equal_numbers_are_compared(self) -> None:
        found = usefulness(thinned(grouped(key=2), 300, 1), grouped(key=1), grouped(key=9), {"together": Neighbours})
        assert found["interactions"] == 300

    def test_folding_in_cuts_by_time_and_skips_short_histories(self) -> None:
        user = np.array([0] * 10 + [1] * 3)
        log = Interactions(user, np.arange(13), np.ones(13), np.arange(13), 2, 13)
        history, held_out = folded(log)
        assert history.item.tolist() == list(range(8))
        assert held_out.item.tolist() == [8, 9]


class TestRunLog:
    """Positives of a run as a log."""

    def test_clicks_of_one_arm(self, tmp_path: Path) -> None:
        run = write_toy_run(tmp_path / "toy", lifts={"control": 0.0, "better": 0.5}, n_users=12)
        clicks, watches = run_log(run, "better"), run_log(run, "better", "watch")
        assert len(watches.log) < len(clicks.log)
        assert clicks.sources == tuple(range(12))
        assert (np.diff(clicks.log.user) >= 0).all()
        assert np.isfinite(watches.log.rating).all()
        assert np.isnan(clicks.log.rating).any()

    def test_an_unknown_arm_is_refused(self, tmp_path: Path) -> None:
        run = write_toy_run(tmp_path / "toy", lifts={"control": 0.0}, n_users=2)
        with pytest.raises(RunError, match="its arms: control"):
            run_log(run, "other")
