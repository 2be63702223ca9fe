#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mote::test {

/// A story as a correct consumer stores it.
struct hn_post {
    std::int64_t id = 0;
    std::string title;
    std::string url;  // the address of its discussion when it has none of its own
    std::int64_t score = 0;
    std::int64_t time = 0;  // seconds since 1970
    std::string by;
    std::int64_t comments = 0;
    bool operator==(const hn_post&) const = default;
};

/// Where a front page comes from.
struct hn_data_options {
    /// A directory with `hn/topstories.json` and `hn/items.ndjson`, real ones; empty or without these files: generated.
    std::filesystem::path shared;
    std::size_t items = 500;  // at most so many of a real page
    bool anomalies = true;    // also what a consumer has to skip: one of each reason
    std::int64_t now = 0;     // seconds since 1970; the newest story is a minute older; 0: the clock
};

/// One Hacker News front page and its items as the API answers them, and what a correct consumer makes of it. Generated
/// pages are the same for the same options. No story's age is within a minute of 24 hours, so that a slow test does not
/// change what is expected.
class hn_data {
public:
    explicit hn_data(const hn_data_options& options = {});

    std::int64_t now() const noexcept { return now_; }
    /// The ids in ranking order.
    const std::vector<std::int64_t>& ids() const noexcept { return ids_; }
    /// What `/v0/topstories.json` answers.
    std::string top_stories() const;
    /// What `/v0/item/<id>.json` answers; `null` for an unknown id, as the real API does.
    std::string item(std::int64_t id) const;

    /// What a correct consumer stores, by id: stories of any age that are whole.
    const std::map<std::int64_t, hn_post>& posts() const noexcept { return posts_; }
    /// How many of `ids()` it skips, by reason: null, deleted, dead, job, comment, poll, no_title, no_score, no_time.
    const std::map<std::string, std::size_t>& skipped() const noexcept { return skipped_; }
    /// The first `count` posts younger than 24 hours at `now`: most points first, then the newer, then the lower id.
    std::vector<hn_post> expected_top(std::size_t count, std::int64_t now) const;

private:
    void load(const std::filesystem::path& folder, std::size_t limit);
    void generate(std::size_t count);
    void add_anomalies();
    void judge();

    std::int64_t now_ = 0;
    std::vector<std::int64_t> ids_;
    std::map<std::int64_t, std::string> items_;  // JSON
    std::map<std::int64_t, hn_post> posts_;
    std::map<std::string, std::size_t> skipped_;
};

}  // namespace mote::test
