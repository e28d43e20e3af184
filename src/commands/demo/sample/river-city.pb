META
key;value
description;"City-wide budget of River City; a made-up example"
country;Nowhere
unit;River City
instance;2026
num_projects;10
num_votes;60
budget;500000
vote_type;cumulative
rule;greedy
date_begin;02.03.2026
date_end;15.03.2026
min_points;1
max_points;10
min_sum_points;1
max_sum_points;10
language;English
comments;One ballot names a project twice and is not counted in the columns votes, score and selected.
PROJECTS
project_id;cost;votes;score;name;selected
101;240000;25;118;Footbridge over the mill race;1
102;155000;15;62;Night bus on Fridays and Saturdays, one-year trial;0
103;88000;10;34;Solar roof for the swimming hall;0
104;60000;10;46;Community kitchen at the covered market;1
105;60000;14;70;Bicycle workshop by the east station;1
106;132000;23;110;Wheelchair ramps at nine tram stops;1
107;47000;7;26;River clean-up days and a boathouse;0
108;25000;2;11;Oral history of the dockyards;0
109;198000;12;63;Skate park under the ring-road viaduct;0
110;36000;9;46;Free repair cafés in every library;0
VOTES
voter_id;vote;points
2250;102,104;6,4
1188;101;10
2173;106;10
2142;101;10
2823;101,105;3,7
2406;101,102,103,104;6,1,2,1
2223;101;10
2537;105,106,110;1,2,7
2428;101,102,107;2,1,7
1020;101,105;6,3
2784;105,106;7,3
1218;102,110;7,3
2004;101,102,106,109;2,1,4,3
2776;104;10
2504;103,106,109;4,5,1
1223;103,109;2,8
2889;109;10
2527;102,103,107,109;4,1,2,3
1203;103;10
2507;102,103,106;8,1,1
1110;106;10
2381;101,103,105;3,1,6
2731;101,107;7,3
2263;109;10
2189;109;10
1260;101,103,106;1,1,8
1026;101,104,106,110;5,2,2,1
1036;102,110;8,2
1204;101,102,105,107;2,4,2,2
1124;106;10
2771;101,106,110;1,3,6
1115;101,106;7,3
2563;101,106;4,5
2510;102,104;1,9
2354;101,102,105;1,1,7
2826;101,102,103,106;1,2,2,5
1334;101,106,110;1,5,4
2209;106,103,106;4,3,3
2402;101,104;4,6
2775;106,108,109;5,3,2
2395;106,109;6,4
1038;103;10
1283;110;10
1290;106;10
2302;101,102,107;1,3,6
1114;105,109;8,2
1322;106,107;5,4
2745;101,104,106;8,1,1
1166;101,105;6,4
2609;101;10
2172;102,105,106;6,2,2
1069;104,108;2,8
2214;101,105;7,3
2333;102,106;9,1
2127;105;10
2719;104,107,109,110;1,2,4,3
2608;110;10
1300;104;10
1078;105,106;6,4
2723;105,109;4,6
