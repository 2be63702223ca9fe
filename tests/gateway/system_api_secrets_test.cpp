// Secrets and namespaces, over HTTP.

#include <tests/gateway/system_api_fixture.hpp>

#include <mote/gateway/detail/secret_space.hpp>

namespace mote::test {
namespace {

using gateway::audit_action;

class system_api_secrets : public live_test {
protected:
    /// Runs `body(front, key)` with the key that opens what the gateway seals.
    template <class Body>
    void with_key(Body body) {
        with_jetstream([body](nats_server&, jetstream::context js) -> asio::awaitable<void> {
            return prepared(std::move(js), body);
        });
    }

private:
    template <class Body>
    static asio::awaitable<void> prepared(jetstream::context js, Body body) {
        auto stores = co_await api_stores::open(js);
        const auto key = functions::sealing_key::generate();
        co_await stores.secrets.publish_key(key.public_key());
        api_front front(js, stores);
        co_await front.ready();
        co_await body(front, key);
        co_await front.stop();
        EXPECT_EQ(front.failures, std::vector<std::string>());
    }
};

asio::awaitable<std::string> value_of(api_front& web, std::string name, const functions::sealing_key& key) {
    const auto parsed = functions::secret_name::parse(name);
    auto value = co_await web.stores.secrets.read(parsed, key);
    co_return value;
}

TEST_F(system_api_secrets, are_created_listed_without_values_updated_and_removed) {
    with_key([](api_front& web, const functions::sealing_key& key) -> asio::awaitable<void> {
        const auto none = co_await web.ask("GET", "/system/secrets");
        EXPECT_EQ(none.body, "[]");
        const auto created = co_await web.ask("POST", "/system/secrets", R"({"name":"api-key","value":"s3cret"})");
        EXPECT_EQ(created.status, 201) << created.body;
        EXPECT_FALSE(contains(created.body, "s3cret"));
        const auto listed = co_await web.ask("GET", "/system/secrets?namespace=openfaas-fn");
        EXPECT_EQ(listed.body, R"([{"name":"api-key","namespace":"openfaas-fn"}])");
        const auto first = co_await value_of(web, "api-key", key);
        EXPECT_EQ(first, "s3cret");

        const auto again = co_await web.ask("POST", "/system/secrets", R"({"name":"api-key","value":"other"})");
        EXPECT_EQ(again.status, 409);
        const auto updated = co_await web.ask("PUT", "/system/secrets", R"({"name":"api-key","value":"n3w"})");
        EXPECT_EQ(updated.status, 200);
        const auto second = co_await value_of(web, "api-key", key);
        EXPECT_EQ(second, "n3w");

        const auto deleted = co_await web.ask("DELETE", "/system/secrets", R"({"name":"api-key"})");
        EXPECT_EQ(deleted.status, 202);
        for (const std::string method : {"PUT", "DELETE"}) {
            const auto gone = co_await web.ask(method, "/system/secrets", R"({"name":"api-key","value":"x"})");
            EXPECT_EQ(gone.status, 404) << method;
        }
        std::vector<audit_action> actions;
        for (const auto& one : web.audit) {
            actions.push_back(one.action);
            EXPECT_EQ(one.object, "api-key.openfaas-fn");
        }
        EXPECT_EQ(actions, (std::vector<audit_action>{audit_action::secret_create, audit_action::secret_create,
                                                      audit_action::secret_update, audit_action::secret_delete,
                                                      audit_action::secret_update, audit_action::secret_delete}));
    });
}

TEST_F(system_api_secrets, are_the_bytes_that_were_given) {
    with_key([](api_front& web, const functions::sealing_key& key) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/secrets", R"({"name":"raw","rawValue":"AAH/IAo=","value":"not this"})");
        const auto raw = co_await value_of(web, "raw", key);
        EXPECT_EQ(raw, std::string("\x00\x01\xff \n", 5));
        co_await web.ask("POST", "/system/secrets", R"({"name":"text","value":" ü\n\u0000\"\\ "})");
        const auto text = co_await value_of(web, "text", key);
        EXPECT_EQ(text, std::string(" ü\n\0\"\\ ", 8));
        const std::string large(500'000, 'x');
        const auto answer = co_await web.ask("POST", "/system/secrets", R"({"name":"large","value":")" + large + "\"}");
        EXPECT_EQ(answer.status, 201) << answer.body;
        const auto back = co_await value_of(web, "large", key);
        EXPECT_EQ(back, large);
        const auto over = co_await web.ask("POST", "/system/secrets",
                                           R"({"name":"over","value":")" + std::string(530'000, 'x') + "\"}");
        EXPECT_EQ(over.status, 413) << over.body;
    });
}

TEST_F(system_api_secrets, are_of_one_namespace) {
    with_key([](api_front& web, const functions::sealing_key&) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/", R"({"name":"dev"})");
        co_await web.ask("POST", "/system/secrets", R"({"name":"a","namespace":"dev","value":"1"})");
        co_await web.ask("POST", "/system/secrets?namespace=dev", R"({"name":"b","value":"1"})");
        const auto dev = co_await web.ask("GET", "/system/secrets?namespace=dev");
        EXPECT_EQ(dev.body, R"([{"name":"a","namespace":"dev"},{"name":"b","namespace":"dev"}])");
        const auto usual = co_await web.ask("GET", "/system/secrets");
        EXPECT_EQ(usual.body, "[]");
        const auto foreign = co_await web.ask("POST", "/system/functions",
                                              R"({"service":"f","image":"functions/http-echo","secrets":["a"]})");
        EXPECT_EQ(foreign.status, 400);
        const auto in_query = co_await web.ask("DELETE", "/system/secrets?namespace=dev", R"({"name":"a"})");
        EXPECT_EQ(in_query.status, 202);
        const auto in_body = co_await web.ask("DELETE", "/system/secrets", R"({"name":"b","namespace":"dev"})");
        EXPECT_EQ(in_body.status, 202);
        for (const std::string method : {"POST", "GET"}) {
            const auto nowhere = co_await web.ask(method, "/system/secrets?namespace=nowhere",
                                                  method == "GET" ? "" : R"({"name":"a","value":"1"})");
            EXPECT_EQ(nowhere.status, 400);
            EXPECT_EQ(nowhere.body, "namespace: there is no nowhere\n");
        }
    });
}

TEST_F(system_api_secrets, names_the_field_that_is_wrong_and_never_a_value) {
    with_key([](api_front& web, const functions::sealing_key&) -> asio::awaitable<void> {
        const std::vector<std::pair<std::string, std::string>> all{
            {"", "the body is empty"},
            {"hush-hush", ""},
            {R"({"value":"hush"})", "name: "},
            {R"({"name":null,"value":"hush"})", "name: "},
            {R"({"name":"","value":"hush"})", "name: "},
            {R"({"name":"../x","value":"hush"})", "name: "},
            {R"({"name":"a b","value":"hush"})", "name: "},
            {R"({"name":"a/b","value":"hush"})", "name: "},
            {R"({"name":"a"})", "value: "},
            {R"({"name":"a","value":null})", "value: "},
            {R"({"name":"a","value":["hush"]})", "value: "},
            {R"({"name":"a","rawValue":"hush!"})", "rawValue: "},
            {R"({"name":"a","rawValue":5})", "rawValue: "},
            {R"({"name":"a","namespace":"B","value":"hush"})", "namespace: "},
            {"{\"name\":\"a\",\"value\":\"hush\xff\"}", ""},
        };
        for (const std::string method : {"POST", "PUT"})
            for (const auto& [body, field] : all) {
                const auto answer = co_await web.ask(method, "/system/secrets", body);
                EXPECT_EQ(answer.status, 400) << body;
                EXPECT_TRUE(answer.body.starts_with(field)) << body << ": " << answer.body;
                EXPECT_FALSE(contains(answer.body, "hush")) << answer.body;
            }
        for (const auto& one : web.audit) EXPECT_FALSE(contains(one.object, "hush"));
        const auto listed = co_await web.ask("GET", "/system/secrets");
        EXPECT_EQ(listed.body, "[]");
    });
}

functions::function_namespace space_dev() {
    functions::function_namespace made;
    made.name = "dev";
    made.labels.emplace();
    made.labels->emplace("team", "a");
    return made;
}

/// That a check of two stores refuses with; zero: it lets things be.
asio::awaitable<int> refusal_of(asio::awaitable<void> check) {
    int status = 0;
    try {
        co_await std::move(check);
    } catch (const http::status_error& refused) {
        status = refused.status();
    }
    co_return status;
}

TEST_F(system_api_secrets, are_taken_back_where_the_namespace_went_before_they_were_written) {
    with_key([](api_front& web, const functions::sealing_key&) -> asio::awaitable<void> {
        const auto& spaces = web.stores.functions;
        const auto& secrets = web.stores.secrets;
        const auto space = space_dev();
        const auto name = functions::secret_name::parse("s", "dev");
        co_await spaces.create_namespace(space);
        // Somebody found the namespace there, somebody else found no secret in it.
        co_await spaces.remove_namespace("dev");
        co_await secrets.create(name, "v");
        const auto refused = co_await refusal_of(gateway::detail::check_space_of(spaces, secrets, name));
        EXPECT_EQ(refused, 400);
        const auto left = co_await secrets.list("dev");
        EXPECT_EQ(left.size(), 0U);
        co_await spaces.create_namespace(space);
        co_await secrets.create(name, "v");
        const auto kept = co_await refusal_of(gateway::detail::check_space_of(spaces, secrets, name));
        EXPECT_EQ(kept, 0);
        const auto there = co_await secrets.list("dev");
        EXPECT_EQ(there.size(), 1U);
    });
}

TEST_F(system_api_secrets, keep_the_namespace_that_goes_after_they_were_written) {
    with_key([](api_front& web, const functions::sealing_key&) -> asio::awaitable<void> {
        const auto& spaces = web.stores.functions;
        const auto& secrets = web.stores.secrets;
        const auto space = space_dev();
        const auto name = functions::secret_name::parse("s", "dev");
        co_await spaces.create_namespace(space);
        const auto none = co_await refusal_of(gateway::detail::check_no_secrets(secrets, "dev"));
        EXPECT_EQ(none, 0);
        co_await secrets.create(name, "v");
        const auto present = co_await refusal_of(gateway::detail::check_space_of(spaces, secrets, name));
        EXPECT_EQ(present, 0);
        co_await spaces.remove_namespace("dev");
        const auto refused = co_await refusal_of(gateway::detail::check_still_no_secrets(spaces, secrets, space));
        EXPECT_EQ(refused, 409);
        const auto back = co_await web.ask("GET", "/system/namespace/dev");
        EXPECT_EQ(back.body, R"({"name":"dev","labels":{"team":"a"}})");
    });
}

asio::awaitable<void> ask_once(api_front* web, std::string method, std::string path, std::string body, int* done) {
    co_await web->ask(method, path, body);
    ++*done;
}

TEST_F(system_api_secrets, are_never_left_in_a_namespace_that_is_removed_meanwhile) {
    with_key([](api_front& web, const functions::sealing_key&) -> asio::awaitable<void> {
        for (int i = 0; i < 30; ++i) {
            const auto space = "s" + std::to_string(i);
            co_await web.ask("POST", "/system/namespace/" + space);
            int done = 0;
            const auto body = R"({"name":"a","value":"v","namespace":")" + space + "\"}";
            asio::co_spawn(web.connection.executor(), ask_once(&web, "POST", "/system/secrets", body, &done),
                           asio::detached);
            asio::co_spawn(web.connection.executor(), ask_once(&web, "DELETE", "/system/namespace/" + space, "", &done),
                           asio::detached);
            const bool over = co_await eventually([&] { return done == 2; });
            EXPECT_TRUE(over);
            const auto left = co_await web.stores.functions.find_namespace(space);
            const auto secrets = co_await web.stores.secrets.list(space);
            EXPECT_TRUE(left || secrets.empty()) << space;
        }
    });
}

class system_api_without_node : public live_test {
protected:
    static asio::awaitable<void> create_one(nats_server&, jetstream::context js) {
        auto stores = co_await api_stores::open(js);
        api_front front(js, stores);
        co_await front.ready();
        const auto answer = co_await front.ask("POST", "/system/secrets", R"({"name":"a","value":"hush"})");
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.header("Retry-After"), "1");
        EXPECT_TRUE(contains(answer.body, "no node")) << answer.body;
        co_await front.stop();
    }
};

TEST_F(system_api_without_node, cannot_seal_a_secret_and_says_so) { with_jetstream(create_one); }

class system_api_namespaces : public system_api_test {};

TEST_F(system_api_namespaces, are_created_shown_changed_and_removed_by_both_paths) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const auto first = co_await web.ask("GET", "/system/namespaces");
        EXPECT_EQ(first.body, R"(["openfaas-fn"])");
        const auto usual = co_await web.ask("GET", "/system/namespace/openfaas-fn");
        EXPECT_EQ(usual.body, R"({"name":"openfaas-fn"})");
        const std::string body = R"({"name":"dev","annotations":{"openfaas":"1"},"labels":{"team":"a"}})";
        const auto created = co_await web.ask("POST", "/system/namespace/", body);
        EXPECT_EQ(created.status, 201) << created.body;
        const auto again = co_await web.ask("POST", "/system/namespace/", body);
        EXPECT_EQ(again.status, 409);
        const auto shown = co_await web.ask("GET", "/system/namespace/dev");
        EXPECT_EQ(shown.body, body);
        const auto updated =
            co_await web.ask("PUT", "/system/namespace/dev", R"({"name":"dev","labels":{"team":"b"}})");
        EXPECT_EQ(updated.status, 202);
        const auto changed = co_await web.ask("GET", "/system/namespaces/dev");
        EXPECT_EQ(changed.body, R"({"name":"dev","labels":{"team":"b"}})");
        const auto other = co_await web.ask("POST", "/system/namespaces/abc");
        EXPECT_EQ(other.status, 201) << other.body;
        const auto listed = co_await web.ask("GET", "/system/namespaces/");
        EXPECT_EQ(listed.body, R"(["abc","dev","openfaas-fn"])");
        const auto deleted = co_await web.ask("DELETE", "/system/namespace/dev", R"({"name":"dev"})");
        EXPECT_EQ(deleted.status, 202);
        const auto also = co_await web.ask("DELETE", "/system/namespaces/abc");
        EXPECT_EQ(also.status, 202);
        for (const std::string method : {"GET", "PUT", "DELETE"}) {
            const auto gone = co_await web.ask(method, "/system/namespace/dev");
            EXPECT_EQ(gone.status, 404) << method;
        }
        const auto last = co_await web.ask("GET", "/system/namespaces");
        EXPECT_EQ(last.body, R"(["openfaas-fn"])");
        std::string told;
        for (const auto& one : web.audit)
            told +=
                std::string(gateway::name_of(one.action)) + ' ' + one.object + ' ' + std::to_string(one.status) + '\n';
        EXPECT_EQ(told,
                  "namespace.create dev 201\nnamespace.create dev 409\nnamespace.update dev 202\n"
                  "namespace.create abc 201\nnamespace.delete dev 202\nnamespace.delete abc 202\n"
                  "namespace.update dev 404\nnamespace.delete dev 404\n");
    });
}

TEST_F(system_api_namespaces, stay_while_something_is_in_them) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        co_await web.ask("POST", "/system/namespace/dev");
        co_await web.deploy("f", R"(,"namespace":"dev")");
        const auto functions = co_await web.ask("DELETE", "/system/namespace/dev");
        EXPECT_EQ(functions.status, 409);
        EXPECT_EQ(functions.body, "namespace is not empty: dev: 1 functions\n");
        co_await web.ask("DELETE", "/system/functions?namespace=dev", R"({"functionName":"f"})");
        co_await web.ask("POST", "/system/secrets?namespace=dev", R"({"name":"s","value":"v"})");
        const auto secrets = co_await web.ask("DELETE", "/system/namespace/dev");
        EXPECT_EQ(secrets.status, 409);
        EXPECT_EQ(secrets.body, "namespace is not empty: dev: 1 secrets\n");
        co_await web.ask("DELETE", "/system/secrets?namespace=dev", R"({"name":"s"})");
        const auto empty = co_await web.ask("DELETE", "/system/namespace/dev");
        EXPECT_EQ(empty.status, 202);
    });
}

TEST_F(system_api_namespaces, refuse_wrong_names_and_changes_of_the_default_one) {
    with_api([](api_front& web) -> asio::awaitable<void> {
        const std::vector<std::pair<std::string, std::string>> all{
            {"/system/namespace/", ""},
            {"/system/namespace/", "{}"},
            {"/system/namespace/", R"({"name":null})"},
            {"/system/namespace/", R"({"name":7})"},
            {"/system/namespace/", R"({"name":"A"})"},
            {"/system/namespace/", R"({"name":"_namespace"})"},
            {"/system/namespace/", R"({"name":"a.b"})"},
            {"/system/namespace/", R"({"name":"a","labels":{"x":1}})"},
            {"/system/namespace/a", R"({"name":"b"})"},
            {"/system/namespace/A", ""},
        };
        for (const auto& [path, body] : all) {
            const auto answer = co_await web.ask("POST", path, body);
            EXPECT_EQ(answer.status, 400) << path << body;
        }
        const auto exists = co_await web.ask("POST", "/system/namespace/openfaas-fn");
        EXPECT_EQ(exists.status, 409);
        for (const std::string method : {"PUT", "DELETE"}) {
            const auto answer = co_await web.ask(method, "/system/namespace/openfaas-fn");
            EXPECT_EQ(answer.status, 400) << method;
            EXPECT_TRUE(contains(answer.body, "default namespace"));
        }
    });
}

}  // namespace
}  // namespace mote::test
