#!/usr/bin/env python3
"""Small templates in which llama.cpp's engine is not Jinja2, rendered by Jinja2 as transformers sets it up.

    tests/reference/jinja_cases.py > tests/data/jinja_cases.json

Of each its source and text, or null where Jinja2 refuses it.
"""

import json

import jinja2
from chat_templates import TOKENS, environment

MESSAGES = [
    {"role": "user", "content": " \u2003Grüße, a b\tc\u00a0"},
    {"role": "assistant", "content": "yes, No"},
    {"role": "user", "content": "x"},
]

CASES = r"""
[{{ messages[0].content | trim }}]
[{{ messages[0].content.strip() }}]
[{{ messages[0].content.lstrip() }}]
[{{ messages[0].content.rstrip() }}]
[{{ 'éaé'.strip('é') }}{{ 'xay' | trim('xy') }}{{ 'ab'.strip('') }}]
[{{ ' ' | trim }}]
{{ messages[0].content.split() | tojson }}
{{ 'a  b c'.split() | length }}{{ ''.split() | length }}{{ ''.split(' ') | length }}
{{ ' a b  c '.split(none, 1) | tojson }}
{{ 'a,b,c'.split(',', 1) | tojson }}{{ 'a,b,c'.rsplit(',', 1) | tojson }}{{ 'a,b'.rsplit(',') | tojson }}
{{ 'a b'.rsplit() | tojson }}
{{ 'a'.split('') }}
{{ messages[0].content | length }} {{ 'é世' | count }}
{{ 'é世a'[0] }}{{ 'é世a'[1] }}{{ 'é世a'[-1] }}{{ 'é世a'[5] }}
{{ 'é世abc'[1:3] }}|{{ 'é世abc'[-2:] }}|{{ 'é世abc'[::-1] }}|{{ 'abcdef'[4:0:-2] }}|{{ 'abc'[:-1] }}|{{ 'abc'[9:] }}
{{ [1,2,3][::-1] | tojson }}{{ [1,2,3][:-1:-1] | tojson }}{{ [1,2,3][-9:2] | tojson }}{{ [1,2,3,4][::2] | tojson }}
{{ (1,2,3)[1:] }}
{{ 'abc'[1:none] }}{{ 'abc'[::0] }}
{% set x = 0 %}{% for i in [1,2,3] %}{{ x }}{% set x = x + i %}{{ x }};{% endfor %}{{ x }}
{% for i in [1,2] %}{{ y is defined }}{% set y = 1 %}{% endfor %}
{% for i in [1,2,3] %}{% if i == 1 %}{% set y = 'a' %}{% endif %}[{{ y }}]{% endfor %}
{% for i in [1,2] %}{% for j in [1,2] %}{% set z = (z or '') ~ j %}{{ z }}{% endfor %}{{ z }}{% endfor %}
{% set a, b = 1, 2 %}{% for i in [1,2] %}{{ a }}{{ b }}{% set a, b = b, a %}{{ a }};{% endfor %}{{ a }}
{% for i in [1,2] %}{% set i = i + 10 %}{{ i }}{% endfor %}
{% set x = 1 %}{% filter upper %}{% set x = 2 %}a{{ x }}{% endfilter %}{{ x }}
{% set x = 1 %}{% set y %}{% set x = 2 %}a{{ x }}{% endset %}{{ x }}{{ y }}
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}
{% for i in [] %}a{% else %}{% set q = 1 %}b{{ q }}{% endfor %}{{ q }}
{% for i in [1] %}{% continue %}{% else %}b{% endfor %}
{% for i in [1,2] %}{% if i == 1 %}lost{% continue %}{% endif %}b{% endfor %}
{% for i in [1,2,3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}
{% for i in [1,2,3] %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% endfor %}
{{ [1,2,3,4] | select('odd') | list }}
{{ [1,2,3,4] | reject('odd') | list }}{{ [1,2,3] | select('gt', 1) | list }}{{ [0,1,''] | select | list }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | length }}
{{ messages | rejectattr('role', 'in', ['user']) | map(attribute='role') | join(',') }}
{{ messages | selectattr('nope') | list | length }}{{ none | select('odd') | list }}
{{ [{'a':{'b':1}},{'a':{}}] | map(attribute='a.b', default=7) | list }}
{{ [{'a':{'b':1}}] | selectattr('a.b', 'equalto', 1) | list | length }}
{{ ['a','b'] | map('upper') | join }}{{ [' a '] | map('trim') | list }}
{{ [[1,2],[3]] | map('first') | list }}
{{ none }}|{{ true }}|{{ 1.5 }}|{{ undefined_name }}
{{ ['a', "b'c", none, true, 1, 2.5, (1, 2), {'k': 'v'}] }}
{{ {'a': [1]} }}{{ (1,2) }}{{ [] }}{{ {} }}
{{ ['é'] }}
{{ ['a\nb'] }}
{{ 0.1 }}
{{ 1e3 }}
{{ 1/3 }}
{{ 7 / 2 }}{{ 4 / 2 }}{{ 7 % 3 }}{{ 2 * 3 }}{{ 7 - 10 }}
{{ -7 % 3 }}
{{ 1 / 0 }}
{{ 'a' ~ none ~ 1 ~ true ~ undefined_name ~ ['x'] }}
{{ 'a' + none }}
{{ 'a' + undefined_name }}
{{ 'a' + 1 }}
{{ [1] + [2] }}{{ (1,2) + (2,3) }}
{{ (1,) }}
{{ () }}
{{ [1] + (2,3) }}
{{ 1 < 2 < 3 }}{{ 3 > 2 > 1 }}
{{ (1 < 2) == true }}{{ 1 == 1.0 }}{{ true == 1 }}{{ '1' == 1 }}{{ [[1]] == [[1]] }}{{ {'a':1,'b':2} == {'b':2,'a':1} }}{{ [1,2] == (1,2) }}
{{ [1] in [[1],[2]] }}{{ 'a' in 'cab' }}{{ 'a' in {'a':1} }}{{ 1 in [1.0] }}{{ none in [none] }}{{ '' in 'a' }}
{{ none in 'a' }}
{{ '1' is eq 1 }}{{ none is eq none }}{{ 'a' is ne 'b' }}{{ [1] is eq [1] }}{{ 2 is gt 1 }}{{ 'b' is lt 'a' }}
{{ 'b' < 'a' }}{{ 'b' > 'B' }}{{ 2 >= 2 }}{{ 1 <= 0 }}
{{ 'a' < 1 }}
{{ 'hello wORLD' | capitalize }}|{{ 'hello wORLD' | title }}|{{ 'hello' | upper }}|{{ 'HeLLo'.lower() }}
{{ ('hel' ~ 'lo') | capitalize }}{{ ('hel' ~ 'lo wo' ~ 'rld') | title }}
{{ 'éa' | upper }}
{{ "foo-bar don't" | title }}
{{ none | upper }}{{ 5 | lower }}{{ undefined_name | upper }}
{{ 'abc' is lower }}{{ '' is lower }}{{ '1a' is lower }}{{ '12' is upper }}{{ 'AB' is upper }}{{ 'aB' is lower }}
{{ none | default('x') }}|{{ none | default('x', true) }}|{{ undefined_name | default('x') }}|{{ '' | d('y', true) }}|{{ undefined_name | default }}
{{ undefined_name.x }}
{{ undefined_name['x'] }}
{{ none.x is defined }}{{ (1).x is defined }}{{ 'a'.length is defined }}{{ [1].first is defined }}{{ [1].length is defined }}
{{ {'length': 3}.length }}{{ {'string': 's'}.string }}{{ {'items': 3}['items'] }}{{ {'a': 1}.items() | list }}
{{ {'a':1}.get('a') }}{{ {'a':1}.get('b') }}{{ {'a':1}.get('b', 2) }}{{ {'b':1,'a':2}.keys() | list }}{{ {'b':1}.values() | list }}
{{ [3,1,2].sort() }}
{{ [1].append(2) }}
{% set l = [1] %}{% set _ = l.append(2) %}{{ l }}
{{ 'x'.join(['a','b']) }}{{ ', '.join([]) }}
{{ 'x'.join([1]) }}
{{ [1, none, true, 'a'] | join('-') }}{{ messages | join(',', attribute='role') }}{{ undefined_name | join(',') }}
{{ ['B','a','C'] | sort | join }}{{ ['B','a','C'] | sort(case_sensitive=true) | join }}{{ [3,1,2] | sort(reverse=true) | join }}
{{ [{'k':1,'v':'a'},{'k':0,'v':'b'},{'k':1,'v':'c'}] | sort(attribute='k') | map(attribute='v') | join }}
{{ [{'k':1,'v':'a'},{'k':0,'v':'b'},{'k':1,'v':'c'}] | sort(attribute='k', reverse=true) | map(attribute='v') | join }}
{{ [1,'a'] | sort }}
{{ ['B','a'] | min }}{{ [2,3,1] | max }}{{ [] | min is defined }}
{{ {'b':1,'A':2} | dictsort }}{{ {'b':1,'A':2} | dictsort(by='value', reverse=true) }}{% for k, v in {'b':1,'a':2} | dictsort %}{{ k }}{{ v }}{% endfor %}
{{ ({'b':1,'a':2} | dictsort)[0][0] }}
{{ 'a\n\nb\n' | indent }}|{{ '\na' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(1, blank=true) }}|{{ 'a\nb' | indent('> ') }}
{{ 'a\rb' | indent }}
{{ 'aXbX'.replace('X', 'y', 1) }}{{ 'aaa' | replace('a', 'b', 2) }}{{ 'abc' | replace('b', '') }}{{ 5 | replace('5', '6') }}
{{ 'ab' | replace('', '-') }}
{{ '%s' | format('a') }}
{{ '{}' | format('a') }}
{{ '{}-{}'.format('a', 1) }}{{ 'a{}'.format(none) }}
{{ '{0}'.format('a') }}
{{ 'a}'.format() }}
{{ '12' | int }}{{ '3.7' | int }}{{ 'x' | int }}{{ '12abc' | int }}{{ 'x' | int(5) }}{{ 2.9 | int }}{{ true | int }}{{ none | int }}{{ ' 4 ' | int }}{{ '-3' | int }}
{{ '1e3' | int }}
{{ '1.5' | float }}{{ 'x' | float }}{{ 3 | float }}
{{ [1,2,3] | slice(2) | list }}
{{ 'a,b' | split(',') }}
{{ [1.0, 0.1] | tojson }}
{{ {'a': [1, none, true, 'é"\n']} | tojson }}{{ {'a': 1} | tojson(indent=2) }}
{{ tojson(1) }}
{{ loop is defined }}
{% for i in [1] %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for i in [1] %}{{ loop.depth }}{% endfor %}
{% for i in [1,2,3] %}{{ loop.index }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.previtem is defined }}{{ loop.nextitem | default('-') }};{% endfor %}
{% macro f(a, b=2, c=3) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}{{ f(1, c=9) }}{{ f(b=5, a=4) }}{{ f() }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(d=2) }}
{% macro f() %}{{ x is defined }}{{ m is defined }}{% endmacro %}{% set x = 1 %}{% for m in [1] %}{{ f() }}{% endfor %}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
{% macro f() %}{{ varargs }}{% endmacro %}{{ f(1) }}
{% macro g() %}<{{ caller() }}>{% endmacro %}{% set x = 1 %}{% call g() %}x{{ x }}{% endcall %}
{% macro g(t) %}{{ caller(t ~ '!') }}{% endmacro %}{% for i in ['p','q'] %}{% call(v) g(i) %}{{ v }}{{ i }}{% endcall %}{% endfor %}
{% for i in [1] %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}
{% set ns = namespace(a=1) %}{% for i in [1,2] %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.items is defined }}
{% set d = {'a': 1} %}{% set d.a = 2 %}{{ d.a }}
{% for k in {'a':1,'b':2} %}{{ k }}{% endfor %}{% for k, v in {'a':1}.items() %}{{ k }}{{ v }}{% endfor %}
{% for k, v in {'a':1} | items %}{{ k }}{{ v }}{% endfor %}{{ undefined_name | items | list }}
{{ none | items | list }}
{{ none | length }}
{{ true is number }}{{ true is integer }}{{ 1 is number }}{{ 1.0 is float }}{{ {} is mapping }}{{ 'a' is iterable }}{{ [] is sequence }}
{{ 'a' if false }}|{{ 'a' if false else 'b' }}
{{ not 1 == 2 }}{{ not true or true }}{{ 1 and 2 }}{{ '' or 'x' }}{{ -2 | abs }}
{{ 'ab' * 2 }}{{ 2 * 'ab' }}{{ 'a' * -1 }}
{{ [1] * 2 }}
{{ 'a' 'b' }}
{{ range(3) | list }}{{ range(1, 7, 3) | list }}{{ range(3, 0, -1) | list }}
{{ 'abc' | first }}
{{ 'abc' | list }}
{{ 'abc' | reverse }}
{{ [3,4] | last }}{{ [3,4] | first }}{{ [] | first is defined }}
{{ dict(a=1, b=2) }}
{{ 'a'.startswith('a') }}{{ 'ab'.endswith('b') }}
{{ 'ab'.endswith(('a','b')) }}
x{% if true %}y{% endif %}
x {% if true %}y{% endif %}
x{%- if true %} y{% endif %}
 {% if true %}y{% endif %}
{{ 'a' is string }}{{ 1 is divisibleby(1) }}{{ 3 is divisibleby 2 }}{{ 3 is odd }}
""".strip().split("\n") + [
    "\n{% if true %}y{% endif %}", "x\n  {% if true %}y{% endif %}z\n", "x \u00a0{%- if true %}y{% endif %}",
    "{% if true -%}\u2003y{% endif %}", "x  \u000b{% if true %}y{% endif %}", "{{ 'a' -}}\n b", "{#- c -#} d",
]


def text_of(source):
    try:
        return environment().from_string(source).render(
            messages=MESSAGES, tools=None, documents=None, add_generation_prompt=True, **TOKENS)
    except Exception:  # noqa: BLE001: whatever it says, it has no text
        return None


def main():
    rows = [json.dumps({"source": source, "text": text_of(source)}) for source in CASES]
    print('{"jinja2": %s,\n "messages": %s,\n "cases": [\n  %s\n ]}' % (
        json.dumps(jinja2.__version__), json.dumps(MESSAGES), ",\n  ".join(rows)))


if __name__ == "__main__":
    main()
