#pragma once

#include <mote/json/about.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/operators.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Types as an application would have them.
namespace board {

enum class kind { story = 1, job = 5, poll = 9 };
BOOST_DESCRIBE_ENUM(kind, story, job, poll)

struct author {
    std::string name;
    std::optional<int> karma;

    friend bool operator==(const author&, const author&) = default;
};
BOOST_DESCRIBE_STRUCT(author, (), (name, karma))

struct post {
    std::int64_t id = 0;
    std::string title;
    double score = 0;
    kind type = kind::story;
    author by;
    std::vector<std::string> tags;
    std::optional<std::string> url;

    friend bool operator==(const post&, const post&) = default;
};
BOOST_DESCRIBE_STRUCT(post, (), (id, title, score, type, by, tags, url))

struct page {
    std::vector<post> posts;
    std::map<std::string, double> scores;

    friend bool operator==(const page&, const page&) = default;
};
BOOST_DESCRIBE_STRUCT(page, (), (posts, scores))

/// A tree: it holds itself.
struct comment {
    std::string text;
    std::vector<comment> replies;
    std::unique_ptr<comment> quoted;
};
BOOST_DESCRIBE_STRUCT(comment, (), (text, replies, quoted))

struct with_defaults {
    int times = 3;
    std::string greeting = "hello";
    bool loud = false;

    friend bool operator==(const with_defaults&, const with_defaults&) = default;
};
BOOST_DESCRIBE_STRUCT(with_defaults, (), (times, greeting, loud))

struct settings {
    int retries = 7;
    author owner{"nobody", 1};

    friend bool operator==(const settings&, const settings&) = default;
};
BOOST_DESCRIBE_STRUCT(settings, (), (retries, owner))

struct renamed {
    int max_size = 0;
    std::string word = "none";

    friend bool operator==(const renamed&, const renamed&) = default;
};
BOOST_DESCRIBE_STRUCT(renamed, (), (max_size, word))

struct base {
    int id = 0;
    std::string note;
};
BOOST_DESCRIBE_STRUCT(base, (), (id, note))

struct derived : base {
    int size = 0;
};
BOOST_DESCRIBE_STRUCT(derived, (base), (size))

/// A percentage, which travels as a number.
class percent {
public:
    percent() = default;
    explicit percent(int value) : value_(value) {}
    int value() const noexcept { return value_; }
    friend bool operator==(const percent&, const percent&) = default;

private:
    int value_ = 0;
};

}  // namespace board

template <>
struct mote::json::about<board::with_defaults> {
    static constexpr std::string_view title = "Defaults";
    static constexpr std::string_view description = "How to \"greet\".";
    static constexpr mote::json::member_note members[] = {
        {.member = "times", .description = "How often.", .required = false},
        {.member = "greeting", .required = false},
    };
};

template <>
struct mote::json::about<board::settings> {
    static constexpr bool all_members_optional = true;
};

template <>
struct mote::json::about<board::renamed> {
    static constexpr std::string_view name = "other-name";
    static constexpr mote::json::member_note members[] = {
        {.member = "max_size", .name = "max-size"},
        {.member = "word", .description = "A word of C++.", .name = "class"},
    };
};

template <>
struct mote::json::about<board::base> {
    static constexpr mote::json::member_note members[] = {
        {.member = "note", .description = "Free text.", .required = false}};
};

template <>
struct mote::json::represent<board::percent> {
    using type = int;
    static type to(const board::percent& value) { return value.value(); }
    static std::optional<board::percent> from(type value) {
        return value >= 0 && value <= 100 ? std::optional(board::percent(value)) : std::nullopt;
    }
    static constexpr std::string_view expected = "a percentage from 0 to 100";
};
