"""Both aggregate queries, asked of the sandbox: it stands in the place of Genesys Cloud, so what the
SDK makes of its answers must be what the sandbox says that happened."""

import collections
import decimal
import functools
import json
import unittest
import urllib.parse
import urllib.request

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

from shared import first_line

SANDBOX = first_line("small.json")
ZONE = "Europe/Berlin"
# Seven local days; the clocks go back on the third.
INTERVAL = "2026-10-22T22:00:00.000Z/2026-10-29T23:00:00.000Z"
# Statistics of a metric, and the names that the truth has for them.
HANDLE_TIME = {
    "tHandle": ("handle_count", "handle_sum_ms"),
    "tTalkComplete": ("talk_count", "talk_sum_ms"),
    "tHeldComplete": ("held_count", "held_sum_ms"),
    "tAcw": ("acw_count", "acw_sum_ms"),
    "tAnswered": ("answered_count", None),
    "nTransferred": ("transferred_count", None),
    "nOutbound": ("outbound_count", None),
}
EVALUATION = {
    "nEvaluations": ("evaluation_count", None),
    "nEvaluationsDeleted": ("deleted_count", None),
    "nEvaluationsRescored": ("rescored_count", None),
    "oTotalScore": ("score_count", "score_sum"),
    "oTotalCriticalScore": ("critical_score_count", "critical_score_sum"),
}


@functools.cache
def analytics():
    client = genesys.api_client.ApiClient(SANDBOX["url"])
    client.get_client_credentials_token(SANDBOX["client_id"], SANDBOX["client_secret"])
    return genesys.AnalyticsApi(client)


@functools.cache
def truth(kind):
    """Facts by day, user and media type, as the sandbox counts them for tests."""
    query = urllib.parse.urlencode({"kind": kind, "interval": INTERVAL, "timeZone": ZONE})
    with urllib.request.urlopen(f"{SANDBOX['url']}/sandbox/facts?{query}") as response:
        facts = [json.loads(line) for line in response.read().decode().splitlines()]
    assert len(facts) > 100, f"only {len(facts)} facts of {kind}: the tests prove nothing"
    return facts


def filled(model, **members):
    for name, value in members.items():
        setattr(model, name, value)
    return model


def conversations(**members):
    query = genesys.ConversationAggregationQuery()
    query = filled(query, interval=INTERVAL, **{"metrics": list(HANDLE_TIME), **members})
    return analytics().post_analytics_conversations_aggregates_query(query)


def evaluations(**members):
    query = genesys.EvaluationAggregationQuery()
    query = filled(query, interval=INTERVAL, metrics=list(EVALUATION), **members)
    return analytics().post_analytics_evaluations_aggregates_query(query)


def told(answer, names, key):
    """Sums of an answer by `key(group)`; those of scores in millionths."""
    sums = collections.Counter()
    for row in answer.results:
        for bucket in row.data:
            for metric in bucket.metrics:
                count, total = names[metric.metric]
                sums[key(row.group or {}), count] += metric.stats.count
                if total:
                    exact = decimal.Decimal(repr(metric.stats.sum))
                    sums[key(row.group or {}), total] += int(
                        exact * (1_000_000 if total.endswith("score_sum") else 1)
                    )
    return sums


def expected(kind, names, key):
    """The same out of the truth."""
    sums = collections.Counter()
    for fact in truth(kind):
        for name in filter(None, sum(names.values(), ())):
            if fact[name] is not None:
                sums[key({"userId": fact["user_id"], "mediaType": fact["media_type"]}), name] += fact[name]
    return sums


class Aggregates(unittest.TestCase):
    maxDiff = 2000

    def test_handle_time_by_user_and_media(self):
        def key(group):
            return group["userId"], group["mediaType"]

        answer = conversations(granularity="P1D", time_zone=ZONE, group_by=["userId", "mediaType"])
        self.assertIsInstance(answer, genesys.ConversationAggregateQueryResponse)
        row = answer.results[0]
        self.assertIsInstance(row, genesys.ConversationAggregateDataContainer)
        self.assertIsInstance(row.data[0], genesys.StatisticalResponse)
        self.assertIsInstance(row.data[0].metrics[0].stats, genesys.StatisticalSummary)
        self.assertEqual(
            told(answer, HANDLE_TIME, key), expected("handle_time", HANDLE_TIME, key)
        )

    def test_handle_time_without_groups(self):
        def key(group):
            return group["mediaType"]

        answer = conversations()
        self.assertEqual([set(row.group) for row in answer.results], [{"mediaType"}] * 4)
        self.assertEqual(
            told(answer, HANDLE_TIME, key), expected("handle_time", HANDLE_TIME, key)
        )

    def test_handle_time_by_half_hour_adds_up(self):
        def key(group):
            return group["userId"]

        names = {"nTransferred": HANDLE_TIME["nTransferred"]}
        answer = conversations(
            metrics=list(names), granularity="PT30M", time_zone=ZONE, group_by=["userId"]
        )
        self.assertEqual(told(answer, names, key), expected("handle_time", names, key))

    def test_days_are_those_of_the_zone(self):
        answer = conversations(granularity="P1D", time_zone=ZONE)
        found = {bucket.interval for row in answer.results for bucket in row.data}
        self.assertIn("2026-10-24T22:00:00.000Z/2026-10-25T23:00:00.000Z", found)
        self.assertEqual(len(found), 7)

    def test_a_filter_as_the_user_interface_sends_it(self):
        user = truth("handle_time")[0]["user_id"]
        predicate = filled(
            genesys.ConversationAggregateQueryPredicate(), dimension="userId", value=user
        )
        clause = filled(
            genesys.ConversationAggregateQueryClause(), type="or", predicates=[predicate]
        )
        query_filter = filled(
            genesys.ConversationAggregateQueryFilter(), type="and", clauses=[clause]
        )
        answer = conversations(filter=query_filter, group_by=["userId", "mediaType"])

        def key(group):
            return group["userId"], group["mediaType"]

        everything = expected("handle_time", HANDLE_TIME, key)
        mine = {place: value for place, value in everything.items() if place[0][0] == user}
        self.assertEqual(told(answer, HANDLE_TIME, key), mine)

    def test_evaluations_by_user(self):
        def key(group):
            return group["userId"]

        answer = evaluations(granularity="P1D", time_zone=ZONE, group_by=["userId"])
        self.assertIsInstance(answer, genesys.EvaluationAggregateQueryResponse)
        self.assertEqual(told(answer, EVALUATION, key), expected("evaluation", EVALUATION, key))

    def test_evaluations_without_groups(self):
        def key(group):
            return len(group)

        answer = evaluations()
        self.assertEqual([row.group for row in answer.results], [None])
        whole = expected("evaluation", EVALUATION, lambda _: 0)
        self.assertEqual(told(answer, EVALUATION, key), whole)

    def test_a_reversed_interval_is_refused(self):
        end, start = INTERVAL.split("/")
        with self.assertRaises(ApiException) as caught:
            query = genesys.ConversationAggregationQuery()
            query = filled(query, interval=f"{start}/{end}", metrics=["tHandle"])
            analytics().post_analytics_conversations_aggregates_query(query)
        error = caught.exception
        body = json.loads(error.body)
        self.assertEqual((error.status, body["code"]), (400, "constraint.validation"))
        self.assertEqual(body["contextId"], error.headers["ININ-Correlation-Id"])
