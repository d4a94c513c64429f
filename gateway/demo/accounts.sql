create table accounts (user_id bigint primary key, plan text not null, credit numeric(10, 2) not null, since date not null);
insert into accounts select id, (array['free', 'plus', 'pro'])[1 + id % 3], round((id * 7919 % 100000) / 100.0, 2), date '2020-01-01' + (id * 37 % 2000)::int from generate_series(1, 1000) id;
