#include <tests/support/hn_data.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string_view>
#include <tuple>

namespace mote::test {
namespace {

namespace json = boost::json;

constexpr std::int64_t day = 24 * 3600;
constexpr std::int64_t newest_age = 60;
constexpr std::int64_t generated_span = 30 * 3600;
constexpr std::int64_t clear_of_day = 600;  // no generated story is that close to 24 hours old
constexpr std::int64_t first_generated_id = 41'000'000;

constexpr std::array<std::string_view, 10> titles = {
    "Show HN: A message broker in \"one\" file",
    "Größe und Maß: über Umlaute in Schlüsseln",
    "日本語のタイトルも順番どおりに並ぶ",
    "Ask HN: What do you do with \\backslashes\\?",
    "Émigré fonts, façades & the naïve <parser>",
    "Лучшие статьи за последние сутки",
    "Rockets 🚀, flags 🇪🇺 and families 👩‍👩‍👧",
    "مقالات اليوم",
    "A tab\tand a line\nbreak in a title",
    "Plain ASCII title",
};

std::int64_t clock_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

bool is_true(const json::object& item, std::string_view name) {
    const json::value* value = item.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::string_view text_of(const json::object& item, std::string_view name) {
    const json::value* value = item.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_number(const json::object& item, std::string_view name) {
    const json::value* value = item.if_contains(name);
    return value != nullptr && value->is_int64();
}

std::int64_t number_of(const json::object& item, std::string_view name) {
    return is_number(item, name) ? item.at(name).get_int64() : 0;
}

/// Why a consumer has to skip an item; empty for a story that it stores.
std::string reason_to_skip(const json::value& item) {
    if (!item.is_object()) return "null";
    const json::object& fields = item.get_object();
    if (is_true(fields, "deleted")) return "deleted";
    if (is_true(fields, "dead")) return "dead";
    const std::string_view type = text_of(fields, "type");
    if (type != "story") return std::string(type);
    if (text_of(fields, "title").empty()) return "no_title";
    if (!is_number(fields, "score")) return "no_score";
    if (!is_number(fields, "time")) return "no_time";
    return {};
}

hn_post to_post(const json::object& item) {
    hn_post post;
    post.id = number_of(item, "id");
    post.title = text_of(item, "title");
    post.url = text_of(item, "url");
    if (post.url.empty()) post.url = "https://news.ycombinator.com/item?id=" + std::to_string(post.id);
    post.score = number_of(item, "score");
    post.time = number_of(item, "time");
    post.by = text_of(item, "by");
    post.comments = number_of(item, "descendants");
    return post;
}

json::object story(std::int64_t id, std::int64_t score, std::int64_t time, std::string_view title) {
    return {{"by", "user" + std::to_string(id % 97)},
            {"descendants", id % 211},
            {"id", id},
            {"kids", json::array{id + 100'000, id + 100'001}},
            {"score", score},
            {"time", time},
            {"title", title},
            {"type", "story"},
            {"url", "https://example.com/" + std::to_string(id) + "?a=1&b=%C3%BC"}};
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

hn_data::hn_data(const hn_data_options& options) : now_(options.now != 0 ? options.now : clock_now()) {
    const std::filesystem::path folder = options.shared / "hn";
    if (!options.shared.empty() && std::filesystem::exists(folder / "topstories.json") &&
        std::filesystem::exists(folder / "items.ndjson")) {
        load(folder, options.items);
    } else {
        generate(options.items);
    }
    if (options.anomalies) add_anomalies();
    judge();
}

std::string hn_data::top_stories() const { return json::serialize(json::value_from(ids_)); }

std::string hn_data::item(std::int64_t id) const {
    const auto found = items_.find(id);
    return found == items_.end() ? "null" : found->second;
}

std::vector<hn_post> hn_data::expected_top(std::size_t count, std::int64_t now) const {
    std::vector<hn_post> sorted;
    for (const auto& [id, post] : posts_) {
        if (now - post.time < day) sorted.push_back(post);
    }
    std::ranges::sort(sorted, [](const hn_post& a, const hn_post& b) {
        return std::tie(b.score, b.time, a.id) < std::tie(a.score, a.time, b.id);
    });
    if (sorted.size() > count) sorted.resize(count);
    return sorted;
}

/// A recorded page, with all its times moved by the same amount.
void hn_data::load(const std::filesystem::path& folder, std::size_t limit) {
    ids_ = json::value_to<std::vector<std::int64_t>>(json::parse(read_file(folder / "topstories.json")));
    if (ids_.size() > limit) ids_.resize(limit);

    std::map<std::int64_t, json::object> items;
    std::ifstream lines(folder / "items.ndjson");
    for (std::string line; std::getline(lines, line);) {
        json::object item = json::parse(line).as_object();
        const std::int64_t id = number_of(item, "id");
        if (std::ranges::find(ids_, id) != ids_.end()) items.emplace(id, std::move(item));
    }
    std::int64_t newest = 0;
    for (const auto& [id, item] : items) {
        if (text_of(item, "type") == "story") newest = std::max(newest, number_of(item, "time"));
    }
    for (auto& [id, item] : items) {
        if (is_number(item, "time")) item["time"] = number_of(item, "time") + now_ - newest_age - newest;
        items_.emplace(id, json::serialize(item));
    }
}

void hn_data::generate(std::size_t count) {
    std::mt19937_64 random(20191112);
    const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
    std::int64_t score = 0;
    std::int64_t age = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const auto id = first_generated_id + static_cast<std::int64_t>(index) * 13;
        // Every tenth story has the points of the one before, and every twentieth its time too: the order of equals counts.
        if (index % 10 != 9) score = 1 + below(index % 4 == 0 ? 900 : 60);
        if (index % 20 != 19) age = index == 0 ? newest_age : newest_age + below(generated_span);
        if (std::abs(age - day) < clear_of_day) age += 2 * clear_of_day;
        const std::string title = std::string(titles[index % titles.size()]) + " #" + std::to_string(index);
        json::object item = story(id, score, now_ - age, title);
        if (index % 25 == 3) item.erase("url");
        items_.emplace(id, json::serialize(item));
        ids_.push_back(id);
    }
    for (std::size_t left = ids_.size(); left > 1; --left) std::swap(ids_[left - 1], ids_[random() % left]);
}

/// One item of each kind that is to be skipped, with more points than any real one, spread over the page.
void hn_data::add_anomalies() {
    const std::int64_t highest = ids_.empty() ? first_generated_id : std::ranges::max(ids_);
    const auto make = [&](std::int64_t offset, std::string_view title) {
        return story(highest + offset, 10'000 + offset, now_ - 120, title);
    };
    std::vector<json::value> added;
    added.emplace_back(nullptr);
    json::object deleted = make(2, "A deleted story that still has all its fields");
    deleted["deleted"] = true;
    added.emplace_back(std::move(deleted));
    json::object dead = make(3, "A dead story");
    dead["dead"] = true;
    added.emplace_back(std::move(dead));
    json::object no_title = make(4, "");
    no_title.erase("title");
    added.emplace_back(std::move(no_title));
    json::object no_score = make(5, "A story without a score");
    no_score.erase("score");
    added.emplace_back(std::move(no_score));
    json::object no_time = make(6, "A story without a time");
    no_time.erase("time");
    added.emplace_back(std::move(no_time));
    added.emplace_back(json::object{{"by", "someone"},
                                    {"id", highest + 7},
                                    {"parent", highest},
                                    {"text", "A comment"},
                                    {"time", now_ - 120},
                                    {"type", "comment"}});
    json::object poll = make(8, "Poll: tabs or spaces?");
    poll["type"] = "poll";
    added.emplace_back(std::move(poll));
    json::object job = make(9, "A company (YC W19) is hiring");
    job["type"] = "job";
    added.emplace_back(std::move(job));

    const std::size_t distance = ids_.size() / (added.size() + 1) + 1;
    for (std::size_t index = 0; index < added.size(); ++index) {
        const std::int64_t id = highest + 1 + static_cast<std::int64_t>(index);
        items_.emplace(id, json::serialize(added[index]));
        const std::size_t place = std::min(index * distance + 1, ids_.size());
        ids_.insert(ids_.begin() + static_cast<std::ptrdiff_t>(place), id);
    }
}

/// What a consumer makes of each item, worked out from what it is answered.
void hn_data::judge() {
    for (const std::int64_t id : ids_) {
        const json::value answer = json::parse(item(id));
        const std::string reason = reason_to_skip(answer);
        if (reason.empty()) {
            posts_.emplace(id, to_post(answer.get_object()));
        } else {
            ++skipped_[reason];
        }
    }
}

}  // namespace mote::test
