META
key;value
description;"District budget of Maple District; a made-up example"
country;Nowhere
unit;River City
subunit;Maple District
instance;2026
num_projects;8
num_votes;40
budget;120000
vote_type;approval
rule;greedy
date_begin;02.03.2026
date_end;15.03.2026
min_length;1
max_length;3
language;English
PROJECTS
project_id;cost;votes;name;selected
11;42000;17;Shade trees along Maple Street;1
12;18500;12;Benches and a drinking fountain at the tram stop;1
13;65000;17;"New swings; a slide; a fence for the Orchard Playground";0
14;9500;9;Tool library in the old boiler house;1
15;30000;18;Raised crossing outside Larch Lane School;1
16;12000;9;"""Maple Evenings"": six outdoor concerts";1
17;48000;11;Resurfacing of the basketball court;0
18;5200;3;Bird boxes and a hedgehog corner;1
VOTES
voter_id;vote
1166;14
1078;11,14,16
1203;11,14,15
1334;12,13,15
1025;13,17
1038;12,16
1275;11,12,15
1049;12,15,17
1188;11
1299;11,13,17
1030;11,14,15
1260;13,16
1110;16
1020;13,15
1045;15
1223;15,18
1215;12,13,15
1036;17
1124;11,15
1047;13,15
1283;11,13,14
1218;16,17
1031;15,18
1290;11,12,17
1064;11,16
1115;11,12
1323;12,14,15
1322;14,15
1032;13,15,17
1296;11,13,16
1300;11,13,18
1204;11,13,17
1026;13,15,17
1114;11,13,16
1024;11,12,13
1286;12,13,16
1069;12,14
1149;13,15,17
1074;11,12,15
1277;14,17
