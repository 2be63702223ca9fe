#pragma once

#include <tests/hackernews/instance.hpp>
#include <tests/support/fake_hn.hpp>
#include <tests/support/nats_server.hpp>
#include <tests/support/program.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hackernews::test {

/// A real nats-server, a local Hacker News API, and one who asks; the instances are the test's own.
class hn_live : public testing::Test {
protected:
    void SetUp() override {
        if (!mote::test::require_nats_server()) return;
        server.emplace();
        client.emplace(server->url());
    }

    /// A page of `items` stories, and one of each kind that is skipped.
    mote::test::fake_hn& serve(std::size_t items, std::chrono::milliseconds delay = {}) {
        mote::test::fake_hn_options options;
        options.data.items = items;
        options.delay = delay;
        return api.emplace(options);
    }

    settings chosen() const {
        settings made;
        if (api) made.api = api->url();
        return made;
    }

    std::unique_ptr<instance> start(std::optional<settings> other = {}) const {
        return std::make_unique<instance>(server->url(), other ? *other : chosen());
    }

    std::optional<mote::test::nats_server> server;
    std::optional<mote::test::fake_hn> api;
    std::optional<user> client;
};

/// What the answer of `top` or a stored list says, in the form of the test's own data.
inline std::vector<mote::test::hn_post> posts_in(const boost::json::value& list) {
    std::vector<mote::test::hn_post> posts;
    for (const boost::json::value& each : list.as_array()) {
        const auto read = post_from(each);
        if (!read) throw std::runtime_error("not a post: " + boost::json::serialize(each));
        posts.push_back({read->id, read->title, read->url, read->score, read->time.time_since_epoch().count(), read->by,
                         read->comments});
    }
    return posts;
}

}  // namespace hackernews::test
