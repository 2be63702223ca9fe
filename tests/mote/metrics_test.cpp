// `mote metrics`: what Prometheus reads of the services on a server.

#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

namespace mote::test {
namespace {

class mote_metrics : public command_live {
protected:
    void serve(const std::vector<raw_instance>& instances) { services.emplace(server->port(), answers_of(instances)); }

    std::optional<raw_services> services;
};

TEST_F(mote_metrics, are_printed_of_all_services) {
    serve({usual_instance("Orders", "o2"), usual_instance("Billing", "b1"), usual_instance("Orders", "o1")});
    const auto result = mote({"metrics"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out,
                    "# TYPE mote_service_requests_total counter\n"
                    "mote_service_requests_total{service=\"Billing\",version=\"1.2.3\",id=\"b1\",endpoint=\"echo\","
                    "subject=\"Billing.echo\"} 4\n"
                    "mote_service_requests_total{service=\"Orders\",version=\"1.2.3\",id=\"o1\",endpoint=\"echo\","
                    "subject=\"Orders.echo\"} 4\n"
                    "mote_service_requests_total{service=\"Orders\",version=\"1.2.3\",id=\"o2\",endpoint=\"echo\","
                    "subject=\"Orders.echo\"} 4\n"
                    "# HELP mote_service_errors_total "));
    EXPECT_TRUE(has(result.out,
                    "mote_service_processing_seconds_total{service=\"Billing\",version=\"1.2.3\",id=\"b1\","
                    "endpoint=\"echo\",subject=\"Billing.echo\"} 0.008\n"));
    EXPECT_TRUE(has_not(result.out, "in_flight")) << "they do not tell that";
}

TEST_F(mote_metrics, are_printed_of_one_service) {
    serve({usual_instance("Orders", "o1"), usual_instance("Billing", "b1")});
    const auto result = mote({"metrics", "Billing"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "mote_service_info{service=\"Billing\""));
    EXPECT_TRUE(has_not(result.out, "Orders"));
}

TEST_F(mote_metrics, have_the_load_that_a_service_tells) {
    auto ours = usual_instance("Orders", "o1");
    ours.stats = R"({"type":"io.nats.micro.v1.stats_response","name":"Orders","id":"o1","version":"1.0.0","metadata":{},
        "endpoints":[{"name":"e","subject":"orders.e","queue_group":"q","num_requests":4,"num_errors":0,"last_error":"",
        "processing_time":8000000,"average_processing_time":2000000,
        "data":{"mote":{"in_flight":3,"rejected":1,"latency":{"p50":1000000,"p90":2000000,"p99":3000000,"max":4000000}}}}]})";
    serve({ours});
    const auto out = mote({"metrics"}).out;
    const std::string labels = R"({service="Orders",version="1.0.0",id="o1",endpoint="e",subject="orders.e")";
    EXPECT_TRUE(has(out, "mote_service_in_flight" + labels + "} 3\n"));
    EXPECT_TRUE(has(out, "mote_service_rejected_total" + labels + "} 1\n"));
    EXPECT_TRUE(has(out, "mote_service_latency_seconds" + labels + ",quantile=\"0.99\"} 0.003\n"));
    EXPECT_TRUE(has(out, "mote_service_latency_max_seconds" + labels + "} 0.004\n"));
}

TEST_F(mote_metrics, of_nobody_are_exit_5) {
    const auto none = mote({"metrics"});
    EXPECT_EQ(none.exit_code, 5);
    EXPECT_EQ(none.out, "");
    EXPECT_TRUE(is_one_line(none.err, {"no services on 127.0.0.1:"}));
    serve({usual_instance("Orders", "o1")});
    EXPECT_TRUE(is_one_line(mote({"metrics", "Oders"}).err, {"did you mean Orders?"}));
}

}  // namespace
}  // namespace mote::test
