create table payments (
  id binary(16) primary key,
  customer varchar(80) not null,
  amount bigint not null,
  currency char(3) not null,
  state varchar(20) not null,
  created timestamp not null default current_timestamp
);
