#include <apps/mote/ask/body_words.hpp>

#include <utility>

namespace mote::command {
namespace {

bool is_number_below_zero(const std::string& word) {
    return word.size() > 1 && word[0] == '-' && ((word[1] >= '0' && word[1] <= '9') || word[1] == '.');
}

bool is_dashed(const std::string& word) { return word.size() > 1 && word[0] == '-' && !is_number_below_zero(word); }

/// `name` of `--name=value`
std::string name_of(const std::string& word) { return word.substr(2, word.find('=') - 2); }

body_flag flag_of(const std::string& word) {
    body_flag flag;
    flag.name = name_of(word);
    if (flag.name.starts_with('.')) flag.name.erase(0, 1);
    if (const auto equals = word.find('='); equals != std::string::npos) flag.value = word.substr(equals + 1);
    return flag;
}

}  // namespace

std::vector<std::string> take_body_flags(const std::vector<std::string>& words, std::size_t begin,
                                         const known_options& known, body_words& into) {
    std::vector<std::string> rest(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(begin));
    constexpr std::size_t service_and_endpoint = 2;
    std::size_t plain = 0;
    std::size_t at = begin;
    for (; at < words.size() && words[at] != "--"; ++at) {
        const std::string& word = words[at];
        const bool is_option = is_dashed(word) && known.is_option(word);
        if (is_option && word.starts_with("--") && plain >= service_and_endpoint)
            into.own_given.push_back(name_of(word));
        const bool is_flag = word.starts_with("--") && !is_option && plain >= service_and_endpoint;
        if (!is_flag) {
            if (!is_dashed(word)) ++plain;
            rest.push_back(word);
            if (is_option && known.takes_next(word) && at + 1 < words.size()) rest.push_back(words[++at]);
            continue;
        }
        body_flag flag = flag_of(word);
        const bool has_next = !flag.value && at + 1 < words.size() && words[at + 1] != "--";
        if (has_next && !is_dashed(words[at + 1])) flag.value = words[++at];
        into.flags.push_back(std::move(flag));
    }
    rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    return rest;
}

}  // namespace mote::command
